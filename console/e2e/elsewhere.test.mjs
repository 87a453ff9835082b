// Signing in at an identity provider: the certified one of the package `oidc-provider`, on a port of its own,
// with its own pages. Needs BUSBAR_BINARY, so it is left out against the mock server.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import Provider from 'oidc-provider';
import { faults, open, rawKeys, settled, shot, violations } from './browser.mjs';
import { BINARY, ownServer } from './server.mjs';

const skip = !BINARY;
const GROUPS = { kim: ['admins'], lee: [] };
let server;
let elsewhere;
let browser;
let context;
let page;

const listen = (handler) =>
  new Promise((resolve) => {
    const made = createServer(handler).listen(0, '127.0.0.1', () => resolve(made));
  });

/** An identity provider that people sign in to with any password. */
async function provider(home) {
  let answer;
  const made = await listen((request, response) => answer(request, response));
  const issuer = `http://localhost:${made.address().port}`;
  const own = new Provider(issuer, {
    clients: [{ client_id: 'busbar', client_secret: 'shared', redirect_uris: [`${home}/login/return`] }],
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified', 'groups'] },
    pkce: { required: () => true },
    cookies: { keys: ['of the test'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: id,
        email: `${id}@acme.example`,
        email_verified: true,
        groups: GROUPS[id] ?? [],
      }),
    }),
  });
  answer = own.callback();
  return { issuer, close: () => made.close() };
}

before(async () => {
  if (skip) return;
  // A port that is free now: the provider must know where people come from.
  const free = await listen();
  const { port } = free.address();
  await new Promise((resolve) => free.close(resolve));
  const home = `http://localhost:${port}`;
  elsewhere = await provider(home);
  const settings = `
    [oidc]
    issuer = "${elsewhere.issuer}"
    client_id = "busbar"
    client_secret = "shared"
    name = "Acme"
    roles.admins = ["administrator"]
    [support]
    name = "Volt service"
    email = "service@volt.example"
    phone = "+43 1 588 580"
    url = "https://volt.example/help"
    text = "Monday to Friday"`;
  server = await ownServer({ settings, http: `127.0.0.1:${port}` });
  ({ browser, context, page } = await open({ base: home }));
  const token = server.told.link.split('#')[1];
  const data = {
    token,
    name: 'Ana',
    email: 'ana@example.org',
    password: 'correct horse battery',
    organisation: 'Volt',
  };
  const made = await context.request.post('/api/v1/setup', { data });
  assert.equal(made.status(), 201, await made.text());
  await context.clearCookies();
});
after(async () => {
  await browser?.close();
  await server?.clear();
  elsewhere?.close();
});

const clean = async (name) => {
  await shot(page, name);
  assert.deepEqual(await rawKeys(page), [], name);
  assert.deepEqual(await violations(page), [], name);
};
const leave = () => page.getByRole('button', { name: 'Sign in with Acme' }).click();
const there = async (who) => {
  await page.waitForURL((url) => url.href.startsWith(elsewhere.issuer));
  await page.locator('input[name="login"]').fill(who);
  await page.locator('input[name="password"]').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
};
const consent = () => page.getByRole('button', { name: 'Continue' }).click();

test('somebody without a role there gets no account here', { skip }, async () => {
  await page.goto('/login');
  await page.getByRole('button', { name: 'Sign in with Acme' }).waitFor();
  await clean('login-provider');
  await leave();
  await there('lee');
  await consent();
  await page.getByText('There is no account for you', { exact: true }).waitFor();
  await clean('return-refused');
  await context.clearCookies();
});

test('a sign-in can be broken off there', { skip }, async () => {
  await page.goto('/login');
  await leave();
  await page.waitForURL((url) => url.href.startsWith(elsewhere.issuer));
  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.getByText('The sign-in was broken off there.').waitFor();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.waitForURL(/\/login$/);
  // An address that somebody was sent.
  await page.goto('/login/return?code=1e5&state=x');
  await page.getByText('This page belongs to a sign-in').waitFor();
  await context.clearCookies();
});

test('whoever has a role there comes in, to the page that was asked for', { skip }, async () => {
  await page.goto('/org/team');
  await page.waitForURL(/\/login/);
  await leave();
  await there('kim');
  await consent();
  await page.waitForURL((url) => url.pathname === '/org/team' && url.search === '');
  await settled(page);
  await page.getByRole('cell', { name: 'kim@acme.example' }).waitFor();
  await page.getByRole('button', { name: 'Edit kim', exact: true }).click();
  await page.getByText('The identity provider says these roles').waitFor();
  await shot(page, 'team-provided');
});

test('a dangerous deed asks to sign in there again', { skip }, async () => {
  await page.goto('/me');
  await settled(page);
  assert.equal(await page.locator('input[autocomplete="current-password"]').count(), 0);
  await page.getByText('there is no password here').waitFor();
  const setUp = page.getByRole('button', { name: 'Set up' });
  await setUp.click();
  const window = page.getByRole('dialog');
  await window.getByRole('button', { name: 'Sign in again with Acme' }).waitFor();
  await clean('step-up-provider');
  await window.getByRole('button', { name: 'Sign in again with Acme' }).click();
  await there('kim');
  await page.waitForURL((url) => url.pathname === '/me');
  await settled(page);
  await setUp.click();
  await page.getByRole('img', { name: /QR/i }).first().waitFor();
});

test('the support page says whom to ask and what to send', { skip }, async () => {
  await page.goto('/support');
  await settled(page);
  for (const text of ['Volt service', 'service@volt.example', 'Monday to Friday', 'Database: SQLite']) {
    await page.getByText(text).first().waitFor();
  }
  const sent = await page.locator('pre').textContent();
  for (const secret of ['kim', '@', 'localhost', '127.0.0.1']) assert.ok(!sent.includes(secret), sent);
  await clean('support');
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
});

test('no page had a fault of its own', { skip }, () => {
  // The provider's own pages ask for a font from far away.
  const own = faults.filter((fault) => !fault.includes('ERR_NAME_NOT_RESOLVED'));
  assert.deepEqual(own, []);
});
