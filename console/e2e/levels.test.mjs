// What somebody has at one site: for each level, and for single actions beside it, what the matrix says, what
// the API does, what the pages show and what the live stream tells are the same.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, faults, open, settled, shot, signIn } from './browser.mjs';

const API = `${BASE}/api/v1`;
let browser;
let page;
let levels;
let site;
let station;
let stranger;

const ask = async (where, method, path, data, headers = {}) =>
  where.request.fetch(API + path, { method, data, headers: { origin: BASE, ...headers } });
const read = async (where, path) => (await ask(where, 'GET', path)).json();

before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
  ({ levels } = await read(page, '/roles'));
  const stations = (await read(page, '/stations?online=true&limit=200')).data;
  station = stations.find((one) => one.site_id);
  site = station.site_id;
  stranger = stations.find((one) => one.site_id !== site);
});
after(() => browser?.close());

const command =
  (type, params = {}) =>
  async (person) =>
    ask(person, 'POST', `/stations/${station.id}/commands`, { type, params });
const get = (path, accept) => async (person) => ask(person, 'GET', path(), undefined, accept && { accept });
const tab = (name) => (person) =>
  person.getByRole('navigation', { name: 'Station' }).getByRole('link', { name, exact: true });
const live = () => `/stations/${station.id}/live`;
const sendable = (label) => async (person) => {
  const choice = person.getByRole('combobox', { name: 'Command' });
  if (!(await choice.count())) return choice;
  await choice.click();
  return person.getByRole('option', { name: label, exact: true });
};
const commands = () => `/stations/${station.id}/commands`;

/** For each right: a request that is refused without it, and where a page shows it. */
const RIGHTS = {
  'stations.list': [
    get(() => `/stations/${station.id}`),
    () => '/stations',
    (person) => person.getByRole('link', { name: station.identity, exact: true }),
  ],
  'sessions.view': [get(() => `/sessions?station_id=${station.id}`), live, tab('Sessions')],
  'station_settings.view': [get(() => `/stations/${station.id}/variables`), live, tab('Configuration')],
  'logs.view': [get(() => `/stations/${station.id}/logs`), live, tab('Log')],
  'logs.download': [
    get(() => `/stations/${station.id}/logs`, 'text/csv'),
    () => `/stations/${station.id}/log`,
    (person) => person.getByRole('button', { name: 'Download' }),
  ],
  'stations.control': [command('clear_cache'), commands, sendable('Clear the token cache')],
  'stations.firmware': [
    command('update_firmware', { url: 'https://example.org/none.bin' }),
    commands,
    sendable('Update firmware'),
  ],
  'stations.configure': [
    command('write_variables', { values: [{ variable: 'HeartbeatInterval', value: '300' }] }),
    commands,
    sendable('Write variables'),
  ],
  'stations.raw_ocpp': [
    async (person) => ask(person, 'POST', `/stations/${station.id}/ocpp`, { action: 'None', payload: {} }),
    commands,
    sendable('Raw OCPP…'),
  ],
  'sites.edit': [
    async (person) => ask(person, 'PATCH', `/sites/${site}`, { name: '' }),
    () => '/sites',
    (person) => person.getByRole('button', { name: /^Edit/ }),
  ],
  'sites.access.manage': [
    get(() => `/sites/${site}/access`),
    () => '/sites',
    (person) => person.getByRole('link', { name: /^Access/ }),
  ],
};
const TOPICS = {
  station: 'stations.list',
  session: 'sessions.view',
  command: 'stations.control',
  meter: 'stations.list',
  attempt: 'stations.edit',
  job: 'stations.control.batch',
};

/** Whether a stream about this opens, and what it tells meanwhile. */
const stream = (person, topic) =>
  person.evaluate(
    (path) =>
      new Promise((resolve) => {
        const source = new EventSource(path);
        const end = (opened) => {
          source.close();
          resolve(opened);
        };
        source.onopen = () => end(true);
        source.onerror = () => end(false);
      }),
    `/api/v1/events?topics=${topic}`,
  );

/** Somebody who is nothing but a guest of the site. */
async function guest(name, access) {
  const invitation = { email: `${name}@guests.example`, grants: [], denials: [], ...access };
  const invited = await ask(page, 'POST', `/sites/${site}/invitations`, invitation);
  assert.equal(invited.status(), 201, await invited.text());
  const { link } = await invited.json();
  const other = await open();
  const body = { token: new URL(link).hash.slice(1), name, password: 'a good long one' };
  const accepted = await ask(other.page, 'POST', '/invitations/accept', body);
  assert.equal(accepted.status(), 200, await accepted.text());
  return other;
}

const CASES = [
  ['user', { level: 'user' }],
  ['technician', { level: 'technician' }],
  ['admin', { level: 'admin' }],
  ['granted', { level: 'user', grants: ['stations.control', 'logs.view'] }],
  ['denied', { level: 'technician', denials: ['stations.firmware', 'logs.download', 'sessions.view'] }],
];

for (const [name, access] of CASES) {
  test(`${name}: matrix, API, page and stream are one`, async () => {
    const own = levels.find((level) => level.key === access.level).permissions;
    const matrix = new Set([...own, ...(access.grants ?? [])]);
    for (const denied of access.denials ?? []) matrix.delete(denied);
    const { browser: theirs, page: person } = await guest(name, access);
    try {
      const me = await read(person, '/me');
      const told = me.site_rights.find((one) => one.site_id === site).permissions;
      assert.deepEqual([...told].sort(), [...matrix].sort(), 'what the person is told');
      for (const [right, [request, where, seen]] of Object.entries(RIGHTS)) {
        const may = matrix.has(right);
        const { status } = await request(person).then((answer) => ({ status: answer.status() }));
        assert.equal(status !== 403 && status !== 404, may, `API: ${right} is answered by ${status}`);
        await person.goto(where());
        await settled(person);
        const found = await seen(person);
        if (may) await found.first().waitFor({ timeout: 5_000 });
        assert.equal((await found.count()) > 0, may, `page: ${right} at ${where()}`);
        // A page that is shown does not ask for what is refused.
        if (may) assert.equal(await person.getByText('Your role does not allow this').count(), 0, right);
      }
      for (const [topic, right] of Object.entries(TOPICS)) {
        assert.equal(await stream(person, topic), matrix.has(right), `stream: ${topic}`);
      }
      // Nothing of any other site, by any of the ways.
      for (const right of ['stations.list', 'logs.view', 'station_settings.view']) {
        const path = { 'stations.list': '', 'logs.view': '/logs', 'station_settings.view': '/variables' }[
          right
        ];
        const answer = await ask(person, 'GET', `/stations/${stranger.id}${path}`);
        assert.ok([403, 404].includes(answer.status()), `${right} elsewhere: ${answer.status()}`);
      }
      await person.goto('/stations');
      await settled(person);
      assert.equal(await person.getByRole('link', { name: stranger.identity, exact: true }).count(), 0);
      await shot(person, `level-${name}`);
    } finally {
      await theirs.close();
    }
  });
}

test('no page had a fault of its own', () => {
  assert.deepEqual(faults, []);
});
