// The lanes of a firmware campaign: each station goes from one to the next as it tells how far it is, without
// the page being loaded again.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { clean, faults, go, open, rawKeys, signIn } from './browser.mjs';
import { ask, yard } from './yard.mjs';

let browser;
let page;
let graz;
let shelf;
let job;
/** Stations that fetch the file wait here until the story goes on. */
const held = [];

before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
  graz = await yard(page, 'LANE', 3, {});
  // Whoever asks first gets the file when the story says so, everybody else nothing.
  let first = null;
  shelf = createServer((request, response) => {
    first ??= request.url;
    if (request.url !== first || held.length > 0) {
      response.writeHead(404).end();
      return;
    }
    held.push(() =>
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('firmware 9\n'),
    );
  }).listen(0, '127.0.0.1');
  await once(shelf, 'listening');
  await graz.start({ speed: 1, first: 2 });
  await graz.connected(2);
});
after(async () => {
  shelf?.closeAllConnections();
  shelf?.close();
  if (job)
    await page
      .context()
      .request.post(`/api/v1/jobs/${job.id}/cancel`, { headers: { origin: new URL(page.url()).origin } });
  await graz?.stop();
  await graz?.clear();
  await browser?.close();
});

const lane = (name) => page.locator(`.lane[data-lane="${name}"]`);
const holds = async (name, count) => {
  await lane(name).locator('h2 .num').getByText(String(count), { exact: true }).waitFor({ timeout: 60_000 });
};

test('stations stand in the lanes that they tell of', async () => {
  const url = `http://127.0.0.1:${shelf.address().port}/unit.bin`;
  const body = { kind: 'firmware', spec: { url }, target: { ids: graz.ids }, waves: [] };
  job = await ask(page, 'POST', '/jobs', body, 201);
  await go(page, `/jobs/${job.id}`);
  await page.evaluate(() => {
    globalThis.stayed = true;
  });
  await holds('downloading', 1);
  await holds('failed', 1);
  await holds('waiting', 1);
  await lane('waiting').getByRole('link', { name: 'LANE-03' }).waitFor();
  await lane('waiting').getByText('Not connected').waitFor();
  const busy = await lane('downloading').getByRole('link').textContent();
  assert.match(busy, /^LANE-0[12]$/);
  assert.deepEqual(await rawKeys(page), []);
  await clean(page, 'lanes');
  held[0]();
  await holds('installed', 1);
  await lane('installed').getByRole('link', { name: busy }).waitFor();
  await holds('downloading', 0);
  await holds('installing', 0);
  assert.equal(await page.evaluate(() => globalThis.stayed), true);
  assert.deepEqual(faults, []);
});
