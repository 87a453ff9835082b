"""What the foreign clients need of the product: its admin API, and the schemas it must keep."""

import http.cookiejar
import json
import os
import pathlib
import urllib.error
import urllib.request
from decimal import Decimal

import jsonschema
import ocpp

EMAIL, PASSWORD = "ana@example.org", "correct horse battery"


class Api:
    """The admin API, signed in."""

    def __init__(self):
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self.base = os.environ["BUSBAR_URL"] + "/api/v1"
        token = os.environ.get("BUSBAR_SETUP")
        if token:
            self.call("POST", "/setup", {"token": token, "name": "Ana", "email": EMAIL,
                                         "password": PASSWORD, "organisation": "Foreign clients"})
        else:
            self.call("POST", "/login", {"email": EMAIL, "password": PASSWORD})

    def call(self, method, path, body=None, **headers):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method)
        request.add_header("content-type", "application/json")
        for name, value in headers.items():
            request.add_header(name, value)
        try:
            with self.opener.open(request, timeout=40) as response:
                text = response.read()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def station(self, identity):
        """Adds a station; returns its id and password."""
        added = self.call("POST", "/stations", {"identity": identity})
        return added["station"]["id"], added["password"]

    def command(self, station, kind, params):
        """Asks a station for something and waits for its answer."""
        return self.call("POST", f"/stations/{station}/commands",
                         {"type": kind, "params": params}, prefer="wait=10")


class Schemas:
    """The official schemas that the PyPI package carries, for every frame the product sends."""

    def __init__(self, version):
        package = pathlib.Path(ocpp.__file__).parent / f"v{version.replace('.', '')}"
        self.folder = package / "schemas"
        self.is_old = version == "1.6"
        self.asked = {}
        self.checked = 0

    def sent_by_station(self, text):
        frame = json.loads(text)
        if frame[0] == 2:
            self.asked[frame[1]] = frame[2]

    def sent_by_product(self, text):
        frame = json.loads(text, parse_float=Decimal)
        if frame[0] == 2:
            self.check(frame[2], "" if self.is_old else "Request", frame[3])
            self.asked[frame[1]] = frame[2]
        elif frame[0] == 3:
            self.check(self.asked[frame[1]], "Response", frame[2])

    def check(self, action, suffix, payload):
        schema = json.loads((self.folder / f"{action}{suffix}.json").read_text("utf-8-sig"))
        jsonschema.validators.validator_for(schema)(schema).validate(payload)
        self.checked += 1


class Watched:
    """A WebSocket whose frames are checked as they pass."""

    def __init__(self, socket, schemas):
        self.socket, self.schemas = socket, schemas

    async def recv(self):
        text = await self.socket.recv()
        self.schemas.sent_by_product(text)
        return text

    async def send(self, text):
        self.schemas.sent_by_station(text)
        await self.socket.send(text)
