// The settings lock in the console, against the real server and a simulated station of its demo fleet.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clean as cleanPage, faults, open, PASSWORD, settled, signIn } from './browser.mjs';

let browser;
let page;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

const clean = (name) => cleanPage(page, name);
const panel = () => page.getByRole('region', { name: 'Settings lock' });
const dialog = () => page.getByRole('dialog');

test('a station is locked, closed, opened, and its lock removed with a trace', async () => {
  const list = await (await page.request.get('/api/v1/stations?online=true&limit=1')).json();
  await page.goto(`/stations/${list.data[0].id}/variables`);
  await settled(page);
  await panel().getByText('Settings are not locked').waitFor();
  await clean('lock-none');
  await panel().getByRole('button', { name: 'Lock settings' }).click();
  await dialog().getByLabel('Password of the lock').fill('short');
  await dialog().getByRole('button', { name: 'Lock settings' }).click();
  await dialog().getByText('At least 8 characters.').last().waitFor();
  await dialog().getByRole('button', { name: 'Generate' }).click();
  assert.match(await dialog().getByLabel('Password of the lock').inputValue(), /^\d{8}$/);
  await dialog().getByLabel('Password of the lock').fill('');
  await dialog().getByLabel('How to reach you').fill('Volt GmbH');
  const more = dialog().getByRole('combobox', { name: 'Also lock' });
  await more.fill('LightIntensity');
  await more.press('Enter');
  // On to the next field: what is proposed, once the station told its settings, closes.
  await more.press('Tab');
  await page.locator('.mantine-TagsInput-dropdown').waitFor({ state: 'hidden' });
  await clean('lock-form');
  await dialog().getByRole('button', { name: 'Lock settings' }).click();
  const password = await dialog().locator('code').innerText();
  assert.match(password, /^\d{8}$/);
  await clean('lock-made');
  await dialog().getByRole('button', { name: 'Close' }).last().click();
  await panel().getByText('Settings are locked; you have access').waitFor();
  await clean('lock-open');
  await panel()
    .getByRole('button', { name: /settings are protected/ })
    .click();
  const reaction = panel()
    .getByRole('combobox', { name: /^When .* differs$/ })
    .first();
  await reaction.click();
  await page.getByRole('option', { name: 'Take out of use' }).click();
  await page.waitForFunction(() => document.querySelector('[aria-label^="When "]:not(:disabled)'));
  await clean('lock-reactions');
  const held = await (await page.request.get(`/api/v1/stations/${list.data[0].id}/lock`)).json();
  assert.equal(held.lock.frozen[0].reaction, 'quarantine');
  await panel().getByRole('button', { name: 'Close again' }).click();
  await panel().getByText('Settings are locked; you have no access').waitFor();
  await settled(page);
  // Only the rows in sight are drawn: one of them is looked for by its name.
  await page.locator('[data-filter]').fill(held.lock.frozen[0].name.variable);
  await page.getByRole('row').getByLabel('Locked', { exact: true }).first().waitFor();
  await page.locator('[data-filter]').fill('');
  await clean('lock-closed');
  await panel().getByRole('button', { name: 'Unlock' }).click();
  await dialog().getByLabel('Password of the lock').fill('00000000');
  await dialog().getByRole('button', { name: 'Unlock' }).click();
  await dialog().getByText('The password is wrong').waitFor();
  await clean('lock-wrong');
  await dialog().getByLabel('Password of the lock').fill(password);
  await dialog().getByLabel('Save the password').check();
  await dialog().getByRole('button', { name: 'Unlock' }).click();
  await panel().getByText('Settings are locked; you have access').waitFor();
  await panel().getByRole('button', { name: 'Close again' }).click();
  await panel().getByRole('button', { name: 'Password lost?' }).click();
  await clean('lock-lost');
  await dialog().getByLabel('By a cable at the station').check();
  await dialog().getByRole('button', { name: 'Begin' }).click();
  await dialog()
    .getByText(/Plug a cable in and out/)
    .waitFor();
  await clean('lock-presence');
  await page.keyboard.press('Escape');
});

test('the PUK is shown once in the notifications and takes the lock away', async () => {
  await page.getByRole('link', { name: /notification/i }).click();
  await settled(page);
  await clean('notifications');
  await page.getByRole('button', { name: 'Show PUK' }).first().click();
  const puk = await dialog().locator('code').innerText();
  assert.match(puk, /^\d{10}$/);
  await dialog().getByRole('button', { name: 'Close' }).last().click();
  // It is not news any more, whatever else is.
  await page.getByRole('button', { name: 'Show PUK' }).waitFor({ state: 'detached' });
  await page.getByRole('radiogroup', { name: 'Which notifications' }).getByText('All').click();
  await page.locator('tbody').getByRole('link').first().click();
  await settled(page);
  await panel().getByRole('button', { name: 'Password lost?' }).click();
  await dialog().getByRole('textbox', { name: 'PUK' }).fill(puk);
  await dialog().getByRole('button', { name: 'Remove lock' }).click();
  await panel()
    .getByText(/The last lock was removed by/)
    .waitFor();
  await clean('lock-removed');
});

test('a saved password is shown to its account after a confirmation', async () => {
  await page.goto('/me');
  await settled(page);
  await page.getByRole('heading', { name: 'Saved passwords of locks' }).waitFor();
  await page.getByRole('button', { name: /^Show the password of/ }).click();
  const again = page.getByRole('dialog').locator('input[type="password"]');
  if (await again.isVisible().catch(() => false)) {
    await again.fill(PASSWORD);
    await page.keyboard.press('Enter');
  }
  await page.getByText(/^\d{8}$/).waitFor();
  await clean('saved-passwords');
});

test('a site is locked at once', async () => {
  await page.goto('/sites');
  await settled(page);
  await page
    .getByRole('button', { name: /^Lock settings at/ })
    .first()
    .click();
  await dialog().getByLabel('Password of the lock').fill('short');
  await dialog().getByRole('button', { name: 'Lock settings' }).click();
  await dialog().getByText('At least 8 characters.').last().waitFor();
  await dialog().getByLabel('Password of the lock').fill('one for the site');
  await clean('lock-site');
  await dialog().getByRole('button', { name: 'Lock settings' }).click();
  await dialog()
    .getByText(/stations? w(as|ere) locked\./)
    .waitFor({ timeout: 90_000 });
  await clean('lock-site-done');
  await dialog().getByRole('button', { name: 'Close' }).last().click();
  assert.deepEqual(faults, []);
});
