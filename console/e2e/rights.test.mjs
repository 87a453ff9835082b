// Every role at every page: what is linked, shown and asked for is what `GET /me` says, and nothing else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BASE,
  EMAIL,
  faults,
  open,
  PASSWORD,
  scheme,
  settled,
  shot,
  signIn,
  violations,
} from './browser.mjs';

const API = `${BASE}/api/v1`;
const ROLES = [
  'administrator',
  'driver_manager',
  'charging_manager',
  'technician',
  'financial_support',
  'viewer',
  'paid_module_activator',
];
let browser;
let page;
let matrix;
const ids = {};
/** Addresses of this run, for a server that is asked more than once. */
const run = Date.now();

const call = async (where, method, path, data) =>
  where.request.fetch(API + path, { method, data, headers: { origin: BASE } });
const read = async (where, path) => (await call(where, 'GET', path)).json();

/** Something in every list, so that there are rows with things to do. */
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
  matrix = await read(page, '/roles');
  const me = await read(page, '/me');
  ids.org = me.organisation.id;
  const stations = (await read(page, '/stations?limit=200')).data;
  ids.station = stations.find((one) => one.site_id && one.online).id;
  ids.site = stations.find((one) => one.id === ids.station).site_id;
  const made = async (path, data) => {
    const answer = await call(page, 'POST', path, data);
    assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
    return answer.json();
  };
  ids.driver = (await made('/drivers', { name: 'Rita Rights' })).id;
  ids.below = (await made(`/organisations/${ids.org}/sub_organisations`, { name: 'Rights below' })).id;
  const invitations = `/organisations/${ids.org}/invitations`;
  ids.invited = {};
  for (const role of ROLES) {
    const email = `rights-${role.replaceAll('_', '-')}-${run}@guests.example`;
    ids.invited[role] = (await made(invitations, { email, roles: [role] })).invitation.email;
  }
  const session = (await read(page, '/sessions?limit=1')).data[0];
  ids.session = session?.id;
  // Two who are put away: one who administered, and one who did not.
  ids.archived = {};
  for (const role of ['administrator', 'viewer']) {
    const { link } = await made(invitations, {
      email: `gone-${role}-${run}@guests.example`,
      roles: [role],
    });
    const there = await open();
    const body = {
      token: new URL(link).hash.slice(1),
      name: `Gone ${role} ${run}`,
      password: 'a good long one',
    };
    const accepted = await call(there.page, 'POST', '/invitations/accept', body);
    assert.equal(accepted.status(), 200, await accepted.text());
    const { user } = await read(there.page, '/me');
    await there.browser.close();
    await made(`/organisations/${ids.org}/members/${user.id}/archive`, { confirm: null });
    ids.archived[role] = `Gone ${role} ${run}`;
  }
});
after(() => browser?.close());

const button = (name) => (where) => where.locator('main').getByRole('button', { name });
const link = (name) => (where) => where.locator('main').getByRole('link', { name });
const exact = (name) => (where) => where.locator('main').getByRole('button', { name, exact: true });

/** Address, name in the rail, what opens it (any of these), and what is on it with what is needed for it. */
const PAGES = () => [
  ['/', 'Overview', ['dashboard.view'], []],
  [
    '/stations',
    'Stations',
    ['stations.list'],
    [
      [['stations.edit'], exact('Add station')],
      [['stations.report'], exact('Download')],
    ],
  ],
  [
    `/stations/${ids.station}/live`,
    null,
    ['stations.list'],
    [
      [['sessions.view'], link('Sessions')],
      [
        ['stations.control', 'stations.configure', 'stations.firmware', 'stations.raw_ocpp'],
        link('Commands'),
      ],
      [['station_settings.view'], link('Configuration')],
      [['logs.view'], link('Log')],
      [['stations.edit'], link('Settings')],
    ],
  ],
  [
    `/stations/${ids.station}/commands`,
    null,
    ['stations.control', 'stations.configure', 'stations.firmware', 'stations.raw_ocpp'],
    [],
  ],
  [`/stations/${ids.station}/sessions`, null, ['sessions.view'], []],
  [`/stations/${ids.station}/variables`, null, ['station_settings.view'], []],
  [`/stations/${ids.station}/log`, null, ['logs.view'], [[['logs.download'], exact('Download')]]],
  [`/stations/${ids.station}/settings`, null, ['stations.edit'], [[['stations.edit'], exact('Save')]]],
  ['/sessions', 'Sessions', ['sessions.view'], [[['history.report'], exact('Download')]]],
  ...(ids.session ? [[`/sessions/${ids.session}`, null, ['sessions.view'], []]] : []),
  ['/logs', 'Message log', ['logs.view'], [[['logs.download'], exact('Download')]]],
  [
    '/templates',
    'Templates',
    ['station_settings.view'],
    [[['stations.configure.batch'], button('New template')]],
  ],
  ['/drift', 'Drift', ['station_settings.view'], []],
  ['/compare', null, ['station_settings.view'], []],
  [
    '/sites',
    'Sites',
    ['stations.list'],
    [
      [['sites.edit'], exact('Add site')],
      [['sites.edit'], button(/^Edit /)],
      [['sites.access.manage'], link(/^Access to /)],
      [['stations.configure'], button(/^Lock /)],
      [['stations.report'], exact('Download')],
    ],
  ],
  [`/sites/${ids.site}/access`, null, ['sites.access.manage'], [[['sites.access.manage'], exact('Invite')]]],
  [
    '/drivers',
    'Drivers',
    ['drivers.list'],
    [
      [['drivers.add'], exact('Add driver')],
      [['drivers.report'], exact('Download')],
    ],
  ],
  [`/drivers/${ids.driver}`, null, ['drivers.view'], [[['drivers.edit'], exact('Erase')]]],
  ['/tokens', 'Tokens', ['drivers.view'], [[['tokens.edit'], exact('Add token')]]],
  ['/connect', 'Connect a station', ['stations.edit'], [[['stations.edit'], exact('Add station')]]],
  [
    '/org/profile',
    'Organisation',
    ['organisation.view'],
    [
      [['organisation.edit'], exact('Save')],
      [['audit.view'], (where) => where.getByRole('heading', { name: 'History' })],
    ],
  ],
  [
    '/org/sub-organisations',
    'Sub-organisations',
    ['reseller.view'],
    [
      [['reseller.create_similar', 'reseller.create_custom'], exact('Add organisation')],
      [['reseller.invite'], exact('Invite an organisation')],
    ],
  ],
  [
    `/org/sub-organisations/${ids.below}`,
    null,
    ['reseller.view'],
    [
      [['reseller.modules.edit'], exact('Save')],
      [['modules.paid.activate'], button('Activate')],
      [['reseller.invite'], exact('Invite the first Administrator')],
    ],
  ],
  ['/org/team', 'Team', ['team.members.view'], []],
  ['/org/keys', 'API keys', ['keys.manage'], [[['keys.manage'], exact('Make a key')]]],
  ['/org/audit', 'Audit log', ['audit.view'], [[['audit.view'], exact('Download')]]],
  ['/org/roles', 'Roles and rights', ['account.edit'], []],
  ['/support', 'Support', ['support.view'], []],
  ['/notifications', null, ['notifications.view'], []],
  ['/me', null, ['account.edit'], []],
];

/** Which roles somebody of `role` may give and take, as the table of permissions says. */
const gives = (role) => (other) => {
  const row = matrix.permissions.find((one) => one.key === `team.invite.${other}`);
  return row ? row.granted[role] : role === 'administrator';
};
const holds = (role, key) => matrix.permissions.find((one) => one.key === key).granted[role];

/** `g` and another key, in one go: a slow machine must not part them. */
const keysPressed = (there, key) =>
  there.evaluate((second) => {
    for (const one of ['g', second]) {
      document.dispatchEvent(new KeyboardEvent('keydown', { key: one, bubbles: true }));
    }
  }, key);

/** What a person sees in the team, against the table. */
async function team(there, role) {
  const give = gives(role);
  await there.goto('/org/team');
  await settled(there);
  const members = (await read(there, `/organisations/${ids.org}/members?limit=200`)).data;
  const mine = (await read(there, '/me')).user.id;
  const giver = ROLES.some(give);
  assert.equal(
    (await there.getByRole('button', { name: 'Invite', exact: true }).count()) > 0,
    giver,
    `${role}: Invite`,
  );
  for (const one of members) {
    const peer = one.roles.every((own) => own === role);
    const archive = role === 'administrator' || (holds(role, 'team.archive_peers') && peer);
    const reset = role === 'administrator' && one.user_id !== mine;
    const opens = giver || archive || reset;
    const edit = there.getByRole('button', { name: `Edit ${one.name}`, exact: true });
    assert.equal((await edit.count()) > 0, opens, `${role}: Edit ${one.name}`);
    if (!opens) continue;
    await edit.first().click();
    const dialog = there.getByRole('dialog', { name: `Edit ${one.name}` });
    await dialog.getByText('What each role may do').waitFor();
    // The roles come a moment later, all at once.
    if (giver) await dialog.getByRole('checkbox').first().waitFor();
    const shown = async (name) => (await dialog.getByRole('button', { name, exact: true }).count()) > 0;
    assert.equal(await shown('Archive'), archive, `${role}: Archive ${one.name}`);
    assert.equal(await shown('Remove second factor'), reset, `${role}: factor of ${one.name}`);
    for (const other of ROLES) {
      const title = matrix.roles.find((row) => row.key === other).title;
      const box = dialog.getByRole('checkbox', { name: title, exact: true });
      assert.equal((await box.count()) > 0, give(other), `${role}: gives ${other} to ${one.name}`);
    }
    await there.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  }
  const show = (name) => there.getByRole('radiogroup', { name: 'Which people' }).getByText(name).click();
  await show('Invited');
  await there.getByText(ids.invited.viewer).first().waitFor();
  for (const [other, email] of Object.entries(ids.invited)) {
    for (const name of [`Send again to ${email}`, `Take back the invitation of ${email}`]) {
      const found = await there.getByRole('button', { name, exact: true }).count();
      assert.equal(found > 0, give(other), `${role}: ${name}`);
    }
  }
  await show('Archived');
  await there.getByRole('row', { name: new RegExp(`^${ids.archived.viewer}`) }).waitFor();
  for (const [other, name] of Object.entries(ids.archived)) {
    const may = holds(role, 'team.restore') && (role === 'administrator' || other !== 'administrator');
    for (const verb of ['Restore', 'Delete']) {
      const found = await there.getByRole('button', { name: `${verb} ${name}`, exact: true }).count();
      assert.equal(found > 0, may, `${role}: ${verb} ${name}`);
    }
  }
}

for (const role of ROLES) {
  test(`${role}: links, buttons and requests are what /me says`, async () => {
    const other = await open();
    const there = other.page;
    // Many pages: on a busy machine each takes its time.
    other.context.setDefaultTimeout(60_000);
    const refused = [];
    there.on('response', (answer) => {
      if (answer.status() === 403) refused.push(`${answer.url()} on ${there.url()}`);
    });
    try {
      await there.goto('/login');
      await there.getByLabel('E-mail').fill(EMAIL.replace('administrator', role.replaceAll('_', '.')));
      await there.locator('input[name="password"]').fill(PASSWORD);
      await there.getByRole('button', { name: 'Sign in', exact: true }).click();
      await there.waitForURL((url) => !url.pathname.startsWith('/login'));
      await settled(there);
      const me = await read(there, '/me');
      const may = (any) => any.some((one) => me.permissions.includes(one));
      const rail = there.getByRole('navigation', { name: 'Pages' });
      // Everybody has it; the others stand beside it at once.
      await rail.getByRole('link', { name: /^Overview/ }).waitFor();
      for (const [path, name, any, parts] of PAGES()) {
        if (name) {
          const links = await rail.getByRole('link', { name: new RegExp(`^${name}`) }).count();
          assert.equal(links > 0, may(any), `${role}: ${name} in the rail`);
        }
        await there.goto(path);
        await settled(there);
        const closed = await there.getByTestId('not-yours').count();
        assert.equal(closed === 0, may(any), `${role}: ${path}`);
        if (!may(any)) {
          const rest = await there.locator('main').locator('button, a, input, table').count();
          const tabs = path.startsWith('/stations/') && me.permissions.includes('stations.list');
          if (!tabs) assert.equal(rest, 0, `${role}: ${path} shows more than that it is not theirs`);
          continue;
        }
        for (const [need, part] of parts) {
          const found = part(there);
          if (may(need)) await found.first().waitFor({ timeout: 8_000 });
          assert.equal((await found.count()) > 0, may(need), `${role}: ${need} at ${path}`);
        }
      }
      if (me.permissions.includes('team.members.view')) await team(there, role);
      // Two keys lead nowhere that the rail does not.
      for (const [key, path, any] of [
        ['t', '/tokens', ['drivers.view']],
        ['c', '/connect', ['stations.edit']],
        ['a', '/org/audit', ['audit.view']],
      ]) {
        await there.goto('/me');
        await settled(there);
        await keysPressed(there, key);
        if (may(any)) await there.waitForURL((url) => url.pathname === path);
        await keysPressed(there, 'o');
        await there.waitForURL((url) => url.pathname === '/');
        if (!may(any)) await there.goBack();
        if (!may(any)) await there.waitForURL((url) => url.pathname === '/me');
      }
      // So does the palette.
      await there.goto('/');
      await settled(there);
      await there.keyboard.press('Control+k');
      await there.getByRole('button', { name: 'My account' }).waitFor();
      for (const [, name, any] of PAGES().filter(([, name]) => name)) {
        const found = await there.getByRole('dialog').getByRole('button', { name, exact: true }).count();
        assert.equal(found > 0, may(any), `${role}: ${name} in the palette`);
      }
      assert.deepEqual([...new Set(refused)], [], `${role} was refused something that a page asked for`);
    } finally {
      await other.browser.close();
    }
  });
}

test('the page that is not theirs is plain, in both looks and on a phone', async () => {
  const other = await open();
  try {
    await other.page.goto('/login');
    await other.page.getByLabel('E-mail').fill(EMAIL.replace('administrator', 'viewer'));
    await other.page.locator('input[name="password"]').fill(PASSWORD);
    await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await other.page.waitForURL((url) => !url.pathname.startsWith('/login'));
    for (const look of ['light', 'dark']) {
      await scheme(other.page, look);
      await other.page.goto('/org/keys');
      await settled(other.page);
      await other.page.getByRole('heading', { name: 'You may not see this' }).waitFor();
      await shot(other.page, `not-yours-${look}`);
      assert.deepEqual(await violations(other.page), []);
    }
    await other.page.setViewportSize({ width: 390, height: 844 });
    await shot(other.page, 'phone-not-yours');
  } finally {
    await other.browser.close();
  }
  assert.deepEqual(faults, []);
});
