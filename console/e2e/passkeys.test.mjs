// Passkeys in the console, with Chromium's own virtual authenticator. They are for a name, not for an
// address: the console is opened at localhost.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, clean as cleanPage, EMAIL, faults, open, PASSWORD, settled } from './browser.mjs';

const HERE = BASE.replace('127.0.0.1', 'localhost');
let browser;
let context;
let page;
before(async () => {
  ({ browser, context, page } = await open({ base: HERE }));
  const line = await context.newCDPSession(page);
  await line.send('WebAuthn.enable');
  await line.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
});
after(() => browser?.close());

const clean = (name) => cleanPage(page, name);

test('a passkey is made, signs in, and is removed', async () => {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.locator('input[name="password"]').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => url.pathname === '/');
  await page.goto('/me');
  await settled(page);
  await page.getByLabel('Name of a new passkey').fill('Phone');
  await page.getByRole('button', { name: 'Add passkey' }).click();
  await page.getByRole('button', { name: 'Remove Phone' }).waitFor();
  await clean('passkeys');
  await page.request.post('/api/v1/logout', { headers: { origin: HERE } });
  await page.goto('/login');
  await clean('login-passkey');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.waitForURL((url) => url.pathname === '/');
  await settled(page);
  await page.goto('/me');
  await settled(page);
  await page.getByRole('button', { name: 'Remove Phone' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('None yet').waitFor();
  await page.request.post('/api/v1/logout', { headers: { origin: HERE } });
  await page.goto('/login');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByText('This passkey opens nothing here', { exact: true }).waitFor();
});

test('at an address that is no name it is told where passkeys work', async () => {
  const other = await open();
  await other.page.goto('/login');
  await other.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await other.page.getByText('Passkeys work at localhost only').waitFor();
  await other.browser.close();
  assert.deepEqual(faults, []);
});
