// Stations out of a file in the console, against the real server with its demo fleet.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { clean as cleanPage, faults, go, open, settled, signIn } from './browser.mjs';

let browser;
let page;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

const dialog = () => page.getByRole('dialog');
const file = (text) => ({ name: 'fleet.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
const choose = async (text) => {
  const chooser = page.waitForEvent('filechooser');
  await dialog().getByLabel('CSV file').click();
  await (await chooser).setFiles(file(text));
};

test('a file of stations is tried, imported, and gives the drawn passwords once', async () => {
  await go(page, '/stations');
  await page.getByRole('button', { name: 'Import' }).click();
  await choose('identity,vendor_name\nCSV-1,x\n');
  await dialog().getByText('there is no column “vendor_name”').waitFor();
  assert.ok(await dialog().getByRole('button', { name: 'Import', exact: true }).isDisabled());
  await choose('identity;name;site\nCSV-1;From a file;\nCSV-2;;Nowhere at all\n');
  await dialog().getByText('1 new · 0 changed · 0 as they were · 1 refused').waitFor();
  await dialog().getByText('There is no such site.').waitFor();
  await settled(page);
  await cleanPage(page, 'station-import');
  await dialog().getByRole('button', { name: 'Import one station' }).click();
  await dialog().getByText('One password was made.').waitFor();
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    dialog().getByRole('button', { name: 'Download the passwords' }).click(),
  ]);
  assert.equal(saved.suggestedFilename(), 'station-passwords.csv');
  const passwords = await readFile(await saved.path(), 'utf8');
  assert.match(passwords, /^identity,password\r\nCSV-1,[!-~]{16,40}\r\n$/);
  await settled(page);
  await cleanPage(page, 'station-imported');
  await dialog().getByRole('button', { name: 'Done' }).click();
  await page.getByRole('textbox', { name: 'Identity, name, serial number' }).fill('CSV-');
  await page.getByText('From a file').waitFor();
  assert.deepEqual(faults, []);
});
