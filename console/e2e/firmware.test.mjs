// The firmware library, updates and logs of stations, against the real server with its demo fleet.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clean, go, open, settled, signIn } from './browser.mjs';

let browser;
let page;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

const dialog = () => page.getByRole('dialog');

/** A station of the demo that is connected. */
async function someone() {
  const answer = await page.request.get('/api/v1/stations?online=true&limit=1');
  const [station] = (await answer.json()).data;
  return station;
}

test('firmware is added with its file, and a wrong checksum is told', async () => {
  const station = await someone();
  await go(page, '/firmware');
  await page.getByRole('button', { name: 'Add firmware' }).first().click();
  const file = {
    name: 'acme 99.1.0.bin',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('firmware 99.1.0\nfor a test\n'),
  };
  await dialog().locator('input[type="file"]').setInputFiles(file);
  assert.equal(await dialog().getByLabel('File name').inputValue(), 'acme_99.1.0.bin');
  await dialog().getByLabel('Vendor').fill(station.vendor);
  await dialog().getByLabel('Version').fill('99.1.0');
  await dialog().getByLabel('Models').fill(`${station.model}, Nothing else*`);
  await dialog().getByLabel('SHA-256').fill('0'.repeat(64));
  await clean(page, 'firmware-form');
  await dialog().getByRole('button', { name: 'Upload' }).click();
  await dialog()
    .getByText(/that is not what was said/)
    .first()
    .waitFor();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  // The record is there without content: it goes, and a right one comes.
  await page.getByText('No content yet').waitFor();
  await page.getByRole('button', { name: 'Remove' }).click();
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No firmware yet').waitFor();
  await page.getByRole('button', { name: 'Add firmware' }).first().click();
  await dialog().locator('input[type="file"]').setInputFiles(file);
  await dialog().getByLabel('Vendor').fill(station.vendor);
  await dialog().getByLabel('Version').fill('99.1.0');
  await dialog().getByLabel('Models').fill(station.model);
  await dialog().getByRole('button', { name: 'Upload' }).click();
  await page.getByText('acme_99.1.0.bin').waitFor();
  await settled(page);
  await clean(page, 'firmware-library');
});

test('a station shows the update, gets it, and tells how it went', async () => {
  const station = await someone();
  await go(page, `/stations/${station.id}/firmware`);
  await page.getByText('Version 99.1.0 is in the library and newer.').waitFor();
  await page.getByText('Firmware 99.1.0 available').waitFor();
  await clean(page, 'station-firmware');
  await page.getByRole('button', { name: 'Update firmware' }).click();
  await dialog().getByRole('button', { name: 'Update firmware' }).click();
  await page.getByText('Installed', { exact: true }).waitFor({ timeout: 60_000 });
  await page.getByText('Runs 99.1.0').waitFor({ timeout: 60_000 });
  await settled(page);
  await clean(page, 'station-updated');
});

test('logs are asked for, read and downloaded', async () => {
  const station = await someone();
  await go(page, `/stations/${station.id}/diagnostics`);
  await page.getByRole('button', { name: 'Get logs' }).click();
  await clean(page, 'diagnostics-ask');
  await dialog().getByRole('button', { name: 'Get logs' }).click();
  await page.getByRole('button', { name: 'View' }).waitFor({ timeout: 60_000 });
  await clean(page, 'diagnostics');
  await page.getByRole('button', { name: 'View' }).click();
  await dialog()
    .getByText(/ runs /)
    .waitFor();
  await clean(page, 'diagnostics-text');
  await page.keyboard.press('Escape');
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download' }).click();
  assert.match((await coming).suggestedFilename(), /log\.txt$/);
});
