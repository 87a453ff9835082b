// Another device behind a station in the console, against the real server with its demo fleet.
import assert from 'node:assert/strict';
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

test('a device is replaced, and the password of the new one is shown once', async () => {
  await go(page, '/stations');
  await page.getByRole('button', { name: 'Add station' }).click();
  await dialog().getByLabel('Identity').fill('POLE-1');
  await dialog().getByRole('button', { name: 'Add station' }).click();
  await dialog().getByText('Shown only now').waitFor();
  await dialog().getByRole('link', { name: 'Open the station' }).click();
  await page.getByRole('heading', { name: 'POLE-1' }).waitFor();
  await page.getByRole('link', { name: 'Settings', exact: true }).last().click();
  const identity = page.getByLabel('Identity of the new device');
  await identity.fill('pole-1');
  await page.getByRole('button', { name: 'Replace device' }).click();
  await dialog().getByText('pole-1 takes the place of POLE-1.').waitFor();
  await dialog().getByRole('button', { name: 'Replace device' }).click();
  await page.getByText('The station has this identity').first().waitFor();
  await identity.fill('POLE-2');
  await page.getByRole('button', { name: 'Replace device' }).click();
  await dialog().getByRole('button', { name: 'Replace device' }).click();
  await page.getByRole('heading', { name: 'POLE-2' }).waitFor();
  await page.getByText('Shown only now').waitFor();
  await settled(page);
  await cleanPage(page, 'station-replaced');
  assert.deepEqual(faults, []);
});
