// A charger is followed before anybody registered it: its calls and what it says, live.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { clean, faults, go, open, signIn } from './browser.mjs';

let browser;
let page;
let stranger;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(async () => {
  stranger?.kill();
  await browser?.close();
});

test('a charger that nobody registered is followed, claimed, and its log begins with that', async () => {
  await go(page, '/connect');
  const trace = page.getByRole('region', { name: 'Follow a charger' });
  await trace.getByLabel('Identity or IP address').fill('STRANGER-00001');
  await trace.getByRole('button', { name: 'Follow', exact: true }).click();
  await trace.getByText('Nothing of STRANGER-00001 yet').waitFor();

  // Only now it is switched on.
  const { url_template } = await (await page.request.get('/api/v1/connect')).json();
  const sim = join(dirname(process.env.BUSBAR_BINARY), 'busbar-sim');
  const options = ['load', '--url', url_template.replace('/{identity}', ''), '--prefix', 'STRANGER'];
  stranger = spawn(sim, [...options, '--stations', '1', 'connect', '--hold', '600'], { stdio: 'ignore' });
  const lines = trace.getByRole('list', { name: /^What came of STRANGER-00001/ });
  await lines.getByText('Waiting to be claimed').first().waitFor();
  await lines.getByText('→ BootNotification').first().click();
  await lines.getByText('chargePointVendor').first().waitFor();
  await clean(page, 'trace');

  // By its address it is found as well.
  const { data } = await (await page.request.get('/api/v1/connection_attempts/unclaimed')).json();
  const address = data.find((one) => one.identity === 'STRANGER-00001').remote_ip;
  await trace.getByLabel('Identity or IP address').fill(address);
  await trace.getByRole('button', { name: 'Follow', exact: true }).click();
  await page
    .getByRole('list', { name: new RegExp(`^What came of ${address}`) })
    .getByText('→ BootNotification')
    .first()
    .waitFor();

  await page.getByRole('button', { name: 'Claim STRANGER-00001' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Claim' }).click();
  await dialog.getByRole('button', { name: 'Done' }).waitFor();
  stranger.kill();
  const found = await (await page.request.get('/api/v1/stations?q=STRANGER-00001')).json();
  assert.equal(found.data.length, 1);
  const log = await (await page.request.get(`/api/v1/stations/${found.data[0].id}/logs`)).json();
  assert.ok(log.data.some((frame) => frame.action === 'BootNotification'));
  assert.deepEqual(faults, []);
});
