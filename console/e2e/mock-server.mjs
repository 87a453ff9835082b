// A small stand-in for the server: serves dist/ and the contract with made-up data, for developing the
// console alone. The browser tests run against it or against the real server, and do not know which.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as world from './mock-world.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src 'self' blob:";
const MIME = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const streams = new Set();
let seq = 0;

const send = (response, status, body, headers = {}) => {
  const kind = status >= 400 ? 'application/problem+json' : 'application/json';
  response.writeHead(status, { 'content-type': kind, 'x-request-id': 'req_mock', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
};
const refuse = (response, status, code, title, errors) =>
  send(response, status, { type: 'about:blank', title, status, code, request_id: 'req_mock', errors });
const page = (all, query) => {
  const limit = Math.min(200, Number(query.get('limit') ?? 50));
  const from = Number(query.get('cursor') ?? 0);
  const data = all.slice(from, from + limit);
  const more = from + limit < all.length;
  return { data, next_cursor: more ? String(from + limit) : null, has_more: more };
};
const read = async (request) => {
  let text = '';
  for await (const part of request) text += part;
  return text ? JSON.parse(text) : {};
};

export function tell(type, ids, change = {}) {
  seq += 1;
  const at = new Date().toISOString();
  const data = JSON.stringify({ seq, type, at, organisation_id: 'org_1', ...ids, change });
  for (const stream of streams) stream.write(`id: ${seq}\nevent: ${type}\ndata: ${data}\n\n`);
}

async function api(request, response, path, query) {
  const { method } = request;
  const signedIn = /busbar_login=mock/.test(request.headers.cookie ?? '');
  if (path === '/setup' && method === 'GET') return send(response, 200, { needed: false });
  if (path === '/login' && method === 'POST') {
    const body = await read(request);
    if (body.email !== world.EMAIL || body.password !== world.PASSWORD) {
      return refuse(response, 401, 'invalid_credentials', 'E-mail or password is wrong');
    }
    const cookie = 'busbar_login=mock; HttpOnly; SameSite=Lax; Path=/';
    return send(response, 200, world.me, { 'set-cookie': cookie });
  }
  if (!signedIn) return refuse(response, 401, 'not_signed_in', 'Not signed in');
  if (path === '/logout')
    return send(response, 204, undefined, { 'set-cookie': 'busbar_login=; Max-Age=0; Path=/' });
  if (path === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': hello\n\n');
    streams.add(response);
    request.on('close', () => streams.delete(response));
    return;
  }
  const body = method === 'POST' || method === 'PATCH' ? await read(request) : {};
  const answer = world.answer(method, path, query, body, page);
  if (!answer) return refuse(response, 404, 'not_found', 'Not found');
  if (answer.problem) {
    const { status, code, title, errors } = answer.problem;
    return refuse(response, status, code, title, errors);
  }
  for (const event of answer.events ?? []) setTimeout(() => tell(...event), 30);
  send(response, answer.status ?? 200, answer.body);
}

export function start(port = 0) {
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname.startsWith('/api/v1/')) {
      api(request, response, url.pathname.slice(7), url.searchParams).catch((error) =>
        refuse(response, 500, 'internal', String(error)),
      );
      return;
    }
    const wanted = join(DIST, normalize(url.pathname));
    const file =
      wanted.startsWith(DIST) && existsSync(wanted) && statSync(wanted).isFile()
        ? wanted
        : join(DIST, 'index.html');
    response.writeHead(200, {
      'content-type': MIME[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': CSP,
      'x-content-type-options': 'nosniff',
    });
    createReadStream(file).pipe(response);
  });
  const beat = setInterval(() => {
    for (const stream of streams) stream.write(': beat\n\n');
  }, 15_000);
  const pulse = setInterval(() => {
    if (streams.size > 0) for (const event of world.pulse()) tell(...event);
  }, 1_000);
  return new Promise((resolve) =>
    server.listen(port, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        close: () => {
          clearInterval(beat);
          clearInterval(pulse);
          for (const stream of streams) stream.end();
          server.close();
        },
      }),
    ),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await start(Number(process.env.PORT ?? 8080));
  process.stdout.write(`${url}  ${world.EMAIL}  ${world.PASSWORD}\n`);
}
