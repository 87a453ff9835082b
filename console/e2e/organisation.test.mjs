// The organisation's pages against the real server: what it tells, those below it, keys, access to sites.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, clean as cleanPage, EMAIL, faults, go, open, PASSWORD, settled, signIn } from './browser.mjs';

let browser;
let page;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

const visit = (path) => go(page, path);
/** Asks the API with the page's own login. */
const api = (method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(`/api/v1${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: body ? JSON.stringify(body) : undefined,
      });
      return { status: answer.status, body: await answer.json().catch(() => null) };
    },
    [method, path, body],
  );
const clean = (name) => cleanPage(page, name);

test('the organisation tells of itself, and what cannot be is told at its field', async () => {
  await visit('/org/profile');
  await page.getByLabel('Country').fill('Atlantis');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('This is no ISO 3166 country.').first().waitFor();
  await page.getByLabel('Country').fill('AT');
  await page.getByLabel('E-mail of your contact').fill('help@demo.example');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Save', disabled: true }).waitFor();
  await page.reload();
  await settled(page);
  assert.equal(await page.getByLabel('E-mail of your contact').inputValue(), 'help@demo.example');
  await clean('organisation');
});

test('an organisation below is made with a choice of modules, and gets a paid one by confirmation', async () => {
  await visit('/org/sub-organisations');
  await page.getByRole('button', { name: 'Add organisation' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Branch');
  await dialog.getByLabel('A choice of our modules').check();
  await dialog.getByLabel('Station management › Find').check();
  await clean('sub-organisation-new');
  await dialog.getByRole('button', { name: 'Add organisation' }).click();
  await page.getByRole('heading', { name: 'Branch' }).waitFor();
  await settled(page);
  const solar = page.getByRole('row', { name: /^Solar/ });
  await solar.getByRole('button', { name: 'Activate' }).click();
  const question = page.getByRole('dialog');
  await question.getByText('follow the surplus of a solar plant').waitFor();
  await question.getByRole('button', { name: 'Activate' }).click();
  await solar.getByRole('button', { name: 'Give up' }).waitFor();
  await page.getByLabel('Has Station management › Logs').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page
    .getByRole('row', { name: /^Station management › Logs/ })
    .getByText('Active', { exact: true })
    .waitFor();
  await clean('sub-organisation');
});

test('a key is shown once, does what its scope says, and ends', async () => {
  await visit('/org/keys');
  await page.getByRole('button', { name: 'Make a key' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Reports');
  await dialog.getByRole('combobox', { name: 'Scopes' }).fill('stations.list');
  await page.getByRole('option', { name: 'stations.list' }).click();
  await page.keyboard.press('Escape');
  await dialog.getByRole('button', { name: 'Make a key' }).click();
  const text = await dialog.locator('code').innerText();
  assert.match(text, /^bsb_/);
  await clean('key-made');
  const ask = (path) => fetch(`${BASE}/api/v1${path}`, { headers: { authorization: `Bearer ${text}` } });
  assert.equal((await ask('/stations')).status, 200);
  assert.equal((await ask('/tokens')).status, 403);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('button', { name: 'End key Reports' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End key' }).click();
  await page.getByText('No API keys').waitFor();
  assert.equal((await ask('/stations')).status, 401);
});

test('access to a site is changed on its page', async () => {
  const site = (await api('GET', '/sites')).body.data[0];
  const me = (await api('GET', '/me')).body.user.id;
  const put = await api('PUT', `/sites/${site.id}/access/${me}`, { level: 'technician' });
  assert.equal(put.status, 200);
  await visit('/sites');
  await page.getByRole('link', { name: `Access to ${site.name}` }).click();
  await page.getByRole('button', { name: /^Edit access of/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('User').check();
  await clean('site-access');
  await dialog.getByRole('button', { name: 'Save' }).click();
  // One's own rights are given up by one's own name.
  await dialog.getByText('could. Confirm by your own name').waitFor();
  await dialog.getByLabel('Type your name').fill('Administrator');
  await dialog.getByRole('button', { name: 'Leave this site' }).click();
  await page.getByText('Nobody beside the organisation').waitFor();
});

test('the policy says why', async () => {
  await visit('/org/roles');
  const why = page.getByRole('region', { name: /^Why can/ });
  await why.getByRole('combobox', { name: 'Permission' }).fill('system.manage');
  await page.getByRole('option', { name: /system.manage/ }).click();
  await why.getByText('Only the operator of this instance may').waitFor();
  await why.getByRole('combobox', { name: 'Permission' }).fill('sites.edit');
  await page.getByRole('option', { name: /sites.edit/ }).click();
  await why.getByText('Granted by: Administrator').waitFor();
  await clean('why');
});

test('a technician sees none of it', async () => {
  const other = await open();
  try {
    await other.page.goto('/login');
    await other.page.getByLabel('E-mail').fill(EMAIL.replace('administrator', 'technician'));
    await other.page.locator('input[name="password"]').fill(PASSWORD);
    await other.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await other.page.waitForURL((url) => !url.pathname.startsWith('/login'));
    await settled(other.page);
    const rail = other.page.getByRole('navigation').first();
    assert.equal(await rail.getByRole('link', { name: 'API keys' }).count(), 0);
    assert.equal(await rail.getByRole('link', { name: 'Sub-organisations' }).count(), 0);
    await other.page.goto('/org/profile');
    await settled(other.page);
    assert.equal(await other.page.getByRole('button', { name: 'Save' }).count(), 0);
    await other.page.goto('/sites');
    await settled(other.page);
    assert.equal(await other.page.getByRole('link', { name: /^Access to/ }).count(), 0);
  } finally {
    await other.browser.close();
  }
});

test('no script failed and nothing broke the content security policy', () => {
  assert.deepEqual(faults, []);
});
