// The first five minutes: an empty server, the link it prints, the first administrator; then the same
// server dies and comes back. Needs BUSBAR_BINARY, so it is left out against the mock server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults, open, rawKeys, scheme, settled, shot, violations } from './browser.mjs';
import { BINARY, ownServer } from './server.mjs';

const skip = !BINARY;
let server;
let browser;
let context;
let page;

before(async () => {
  if (skip) return;
  server = await ownServer();
  ({ browser, context, page } = await open({ base: server.told.url, clock: true }));
});
after(async () => {
  await browser?.close();
  await server?.clear();
});

const begin = () => page.getByRole('button', { name: 'Begin' }).click();
const fill = async ({ password }) => {
  await page.getByLabel('Your name').fill('Ana Brandt');
  await page.getByLabel('E-mail').fill('ana@example.org');
  await page.locator('input[autocomplete="new-password"]').fill(password);
  await page.getByLabel('Organisation').fill('Volt GmbH');
};

test('every address of an empty server leads to the setup', { skip }, async () => {
  await page.goto('/stations');
  await page.waitForURL(/\/setup/);
  await page.getByText('The link is incomplete', { exact: true }).waitFor();
  assert.deepEqual(await rawKeys(page), []);
  for (const look of ['light', 'dark']) {
    await scheme(page, look);
    await page.reload();
    await page.getByRole('button', { name: 'Begin' }).waitFor();
    await shot(page, `setup-${look}`, true);
    assert.deepEqual(await violations(page), []);
  }
  await scheme(page, 'light');
});

test('a wrong link is refused, and the way to a new one is told', { skip }, async () => {
  await page.goto('about:blank');
  await page.goto('/setup#certainly-not-the-token');
  await fill({ password: 'correct horse battery' });
  await begin();
  await page.getByText('The setup link is no longer valid').waitFor();
  await page
    .getByText(/busbar setup/)
    .first()
    .waitFor();
  assert.match(page.url(), /\/setup/);
  await shot(page, 'setup-wrong-link', true);
});

test('a weak password is told at its field, and nothing is used up', { skip }, async () => {
  await page.goto('about:blank');
  await page.goto(server.told.link);
  await fill({ password: 'short' });
  await begin();
  const field = page.locator('input[autocomplete="new-password"]');
  await page.locator('input[autocomplete="new-password"][aria-invalid="true"]').waitFor();
  assert.match(await page.locator('[class*="InputWrapper-error"]').first().textContent(), /\d+ to \d+/);
  await shot(page, 'setup-weak-password', true);

  await field.fill('correct horse battery');
  await begin();
  await page.waitForURL(/\/connect/);
  await settled(page);
  await page.locator('.livedot[data-line="live"]').waitFor();
  const me = await page.evaluate(async () => (await fetch('/api/v1/me')).json());
  assert.equal(me.user.email, 'ana@example.org');
  assert.equal(me.organisation.name, 'Volt GmbH');
  assert.deepEqual(me.roles, ['administrator']);
  assert.deepEqual(await rawKeys(page), []);
});

test('an empty fleet says on every page what to do first', { skip }, async () => {
  for (const [name, path] of [
    ['overview', '/'],
    ['stations', '/stations'],
    ['sessions', '/sessions'],
    ['tokens', '/tokens'],
    ['sites', '/sites'],
    ['connect', '/connect'],
  ]) {
    await page.goto(path);
    await settled(page);
    if (name === 'overview') await page.locator('[data-testid="first-steps"]').waitFor();
    await shot(page, `empty-${name}`);
    assert.deepEqual(await violations(page), [], name);
  }
});

test('the used link is dead: the page says so and leads to sign-in', { skip }, async () => {
  const stranger = await browser.newContext({ baseURL: server.told.url, locale: 'en-GB' });
  const other = await stranger.newPage();
  await other.goto(server.told.link);
  await other.getByText('Already set up', { exact: true }).waitFor();
  await other.getByRole('link', { name: 'Sign in', exact: true }).click();
  await other.waitForURL(/\/login/);
  // Nor does the door behind the page open.
  const answer = await other.request.post('/api/v1/setup', {
    data: {
      token: new URL(server.told.link).hash.slice(1),
      name: 'Eve',
      email: 'eve@example.org',
      password: 'correct horse battery',
      organisation: 'Eve',
    },
    headers: { origin: server.told.url },
  });
  assert.equal(answer.status(), 409);
  await stranger.close();
});

test('when the server dies the dot turns amber and values grey; when it is back all is live', {
  skip,
}, async () => {
  await page.goto('/');
  await settled(page);
  await page.locator('.livedot[data-line="live"]').waitFor();
  await server.kill();
  await page.locator('.livedot[data-line="connecting"]').waitFor();
  await page.clock.fastForward(25_000);
  await page.locator('.livedot[data-line="stale"]').waitFor();
  await page
    .getByRole('alert')
    .getByText(/Nothing has been heard/)
    .waitFor();
  await shot(page, 'server-gone');
  assert.deepEqual(await violations(page), []);

  await server.start();
  await page.clock.fastForward(5_000);
  await page.locator('.livedot[data-line="live"]').waitFor();
  assert.equal(await page.locator('.stalebar').count(), 0);
  // Still the same login, and fresh answers.
  await page.goto('/stations');
  await settled(page);
  assert.equal((await context.cookies()).length > 0, true);
});

test('no script failed during the setup', { skip }, () => {
  const own = faults.filter((one) => !/ERR_CONNECTION_(REFUSED|RESET)|ERR_INCOMPLETE|ERR_EMPTY/.test(one));
  assert.deepEqual([...new Set(own)], []);
});
