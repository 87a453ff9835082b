// One's own account against a server of its own: a second factor, the two steps of a sign-in, and a
// login that is ended from another one. Needs BUSBAR_BINARY.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { faults, open, rawKeys, scheme, settled, shot, violations } from './browser.mjs';
import { BINARY, ownServer } from './server.mjs';

const skip = !BINARY;
const EMAIL = 'ana@example.org';
const PASSWORD = 'correct horse battery';
let server;
let browser;
let page;
let seed;

/** The code of RFC 6238; `ahead` steps of 30 s later, for each step counts once. */
function code(ahead = 0) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...seed].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const digest = createHmac('sha1', key).update(step).digest();
  const word = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
  return String(word % 1_000_000).padStart(6, '0');
}

const enter = async (at) => {
  await at.goto('/login');
  await at.getByLabel('E-mail').fill(EMAIL);
  await at.locator('input[name="password"]').fill(PASSWORD);
  await at.getByRole('button', { name: 'Sign in', exact: true }).click();
  await at.getByRole('heading', { name: 'Second step' }).waitFor();
};

before(async () => {
  if (skip) return;
  server = await ownServer();
  ({ browser, page } = await open({ base: server.told.url }));
  await page.goto(server.told.link);
  await page.getByLabel('Your name').fill('Ana Brandt');
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.locator('input[autocomplete="new-password"]').fill(PASSWORD);
  await page.getByLabel('Organisation').fill('Volt GmbH');
  await page.getByRole('button', { name: 'Begin' }).click();
  await page.waitForURL(/\/connect/);
});
after(async () => {
  await browser?.close();
  await server?.clear();
});

test('an authenticator app is set up, and recovery codes are shown', { skip }, async () => {
  await page.goto('/me');
  await settled(page);
  for (const look of ['light', 'dark']) {
    await scheme(page, look);
    await page.reload();
    await settled(page);
    await shot(page, `account-${look}`, true);
    assert.deepEqual(await violations(page), []);
  }
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  await page.getByLabel('QR code for the authenticator app').waitFor();
  seed = await page.locator('.copyline code').textContent();
  await page.locator('input[autocomplete="one-time-code"]').fill('none');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByText('This is not the present code.').waitFor();
  await page.locator('input[autocomplete="one-time-code"]').fill(code());
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.locator('ul.mono li').first().waitFor();
  assert.equal(await page.locator('ul.mono li').count(), 10);
  assert.deepEqual(await rawKeys(page), []);
  await shot(page, 'account-codes', true);
});

test('signing in takes the code, and that login is ended from the first one', { skip }, async () => {
  const spare = await page.locator('ul.mono li').first().textContent();
  const other = await browser.newContext({ baseURL: server.told.url, locale: 'en-GB' });
  const there = await other.newPage();
  await enter(there);
  assert.deepEqual(await violations(there), []);
  await there.locator('input[autocomplete="one-time-code"]').fill('000');
  await there.getByRole('button', { name: 'Sign in', exact: true }).click();
  await there.getByText('The code is wrong or was used', { exact: true }).waitFor();
  await there.locator('input[autocomplete="one-time-code"]').fill(code(1));
  await there.getByRole('button', { name: 'Sign in', exact: true }).click();
  await there.waitForURL((url) => !url.pathname.startsWith('/login'));
  await settled(there);

  await page.goto('/me');
  await page.getByRole('button', { name: 'End', exact: true }).click();
  await page.getByRole('button', { name: 'End', exact: true }).waitFor({ state: 'detached' });
  await there.goto('/me');
  await there.waitForURL(/\/login/);

  await enter(there);
  await there.getByRole('button', { name: 'Use a recovery code' }).click();
  await there.getByLabel('Recovery code').fill(spare);
  await there.getByRole('button', { name: 'Sign in', exact: true }).click();
  await there.waitForURL((url) => !url.pathname.startsWith('/login'));
  await other.close();
});

test('the pages made no fault of their own', { skip }, () => {
  assert.deepEqual(faults, []);
});
