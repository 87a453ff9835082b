// Drivers and the audit log in the console, against the real server with its demo fleet.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clean as cleanPage, faults, go, open, PASSWORD, settled, signIn } from './browser.mjs';

let browser;
let page;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

const visit = (path) => go(page, path);
const clean = (name) => cleanPage(page, name);
const dialog = () => page.getByRole('dialog');

test('a driver is added, found, changed, given a token, and erased', async () => {
  await visit('/drivers');
  await page.getByRole('link', { name: 'Mara Feld' }).waitFor();
  await clean('drivers');
  await page.getByRole('button', { name: 'Add driver' }).click();
  await dialog().getByLabel('Name').fill('Eva Moll');
  await dialog().getByLabel('E-mail').fill('not an address');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await dialog().getByText('An e-mail address.').first().waitFor();
  await clean('driver-form');
  await dialog().getByLabel('E-mail').fill('eva@example.org');
  await dialog().getByLabel('Number plate').fill('W 12345 A');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Eva Moll' }).waitFor();
  await settled(page);
  await page.getByRole('combobox', { name: 'Give a token' }).click();
  await page.getByRole('option').first().click();
  await page.getByRole('button', { name: /^Take away ./ }).waitFor();
  await page.getByText('tokens.attach').or(page.getByText('drivers.create')).first().waitFor();
  await clean('driver');
  await page.getByRole('button', { name: 'Change' }).click();
  await dialog().getByLabel('Phone').fill('+43 1 58858');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await page.getByText('+43 1 58858').waitFor();
  await page.getByRole('button', { name: 'Block' }).click();
  await dialog().getByRole('button', { name: 'Block' }).click();
  await page.getByRole('button', { name: 'Activate' }).waitFor();
  await visit('/drivers');
  await page.getByRole('textbox', { name: /Name, e-mail/ }).fill('w12345a');
  await page.getByRole('link', { name: 'Eva Moll' }).click();
  await page.getByRole('button', { name: 'Erase' }).click();
  await dialog().getByRole('button', { name: 'Erase' }).click();
  const again = dialog().locator('input[type="password"]');
  const gone = page.getByRole('heading', { name: 'Erased driver' });
  await again.or(gone).first().waitFor();
  if (await again.isVisible()) {
    await again.fill(PASSWORD);
    await page.keyboard.press('Enter');
  }
  await gone.waitFor();
  await settled(page);
  await clean('driver-erased');
});

test('the audit log is read, narrowed, opened and downloaded', async () => {
  await visit('/org/audit');
  await clean('audit');
  await page.getByRole('textbox', { name: 'Deed' }).fill('drivers.erase');
  const row = page.getByRole('row').filter({ hasText: 'drivers.erase' });
  await row.first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  await row.getByRole('button', { name: /^Open deed/ }).click();
  await dialog().getByText('"blocked"').waitFor();
  await clean('audit-deed');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Download' }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'CSV' }).click(),
  ]);
  assert.equal(file.suggestedFilename(), 'audit.csv');
  await page.getByRole('textbox', { name: 'Deed' }).fill('nobody.does');
  await page.getByText('No deed matches').waitFor();
  assert.deepEqual(faults, []);
});
