// Configuration as desired state in the console: wishes, their outcome, templates, drift, comparison.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clean, faults, go, open, settled, signIn } from './browser.mjs';

let browser;
let page;
let online;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
  const list = await page.evaluate(async () => (await fetch('/api/v1/stations?online=true&limit=2')).json());
  online = list.data;
  assert.ok(online.length === 2, 'two stations of the demo are connected');
});
after(() => browser?.close());

const dialog = () => page.getByRole('dialog');

test('a page that was never read reads the station, and a wish is reviewed, applied and holds', async () => {
  await go(page, `/stations/${online[0].id}/variables`);
  const change = page.getByRole('button', { name: /^Change .*ResetRetries$/ });
  await change.first().waitFor();
  await clean(page, 'configuration');
  await change.first().click();
  await page.getByRole('textbox', { name: /ResetRetries should be$/ }).fill('4');
  await page.getByRole('button', { name: 'Keep' }).click();
  await page.getByText('1 pending change').waitFor();
  await page.getByRole('button', { name: 'Review changes' }).click();
  await dialog().getByRole('cell', { name: '4', exact: true }).waitFor();
  await clean(page, 'configuration-review');
  await dialog().getByRole('button', { name: 'Apply' }).click();
  await dialog().waitFor({ state: 'detached' });
  await page.getByRole('checkbox', { name: 'Only what is wished' }).check();
  const row = page.getByRole('row').filter({ hasText: 'ResetRetries' });
  await row.getByText('As wished').waitFor();
  await clean(page, 'configuration-wished');
});

test('a template is made, previewed, and listed with its version', async () => {
  await go(page, '/templates');
  await page.getByRole('button', { name: 'New template' }).first().click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Depot');
  await page.getByRole('button', { name: 'Add a setting' }).click();
  await page.getByRole('textbox', { name: 'Name of setting 1' }).fill('ResetRetries');
  await page.getByRole('textbox', { name: 'Value of setting 1' }).fill('4');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByRole('region', { name: 'Preview' }).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/^Version 1, by /).waitFor();
  await settled(page);
  await clean(page, 'template');
  await go(page, '/templates');
  await page.getByRole('link', { name: 'Depot' }).waitFor();
  await clean(page, 'templates');
});

test('drift of the fleet is listed, and two stations are compared', async () => {
  await go(page, '/drift');
  await page.getByRole('heading', { name: 'Configuration drift' }).waitFor();
  await clean(page, 'drift');
  await go(page, `/compare?one=${online[0].id}&other=${online[1].id}`);
  await page.getByRole('checkbox', { name: 'Only what differs' }).uncheck();
  await page.getByRole('region', { name: 'Compare' }).waitFor();
  await clean(page, 'compare');
  assert.deepEqual(faults, []);
});
