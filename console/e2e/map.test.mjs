// The map of the fleet, drawn by a real Chromium from the console's own files alone; and without WebGL, where
// the list is all there is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, clean, faults, go, open, rawKeys, scheme, settled, signIn, violations } from './browser.mjs';
import { ask, yard } from './yard.mjs';

let browser;
let page;
let graz;
const asked = [];

before(async () => {
  ({ browser, page } = await open({ drawing: 'webgl' }));
  page.on('request', (request) => asked.push(request.url()));
  await signIn(page);
  graz = await yard(page, 'RING', 3, { latitude: 47.07, longitude: 15.44, country: 'AT' });
});
after(async () => {
  await graz?.clear();
  await browser?.close();
});

const rings = () => page.locator('.mapring');
const list = () => page.getByRole('region', { name: 'Sites of the list' });
const inSight = () => page.getByRole('region', { name: 'Sites', exact: true }).getByRole('status');

test('sites are rings on a map, and the drawer has the stations of one', async () => {
  await go(page, '/stations');
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.waitForURL(/show=map/);
  await page.locator('.mapbox canvas').waitFor();
  await rings().first().waitFor();
  const map = await ask(page, 'GET', '/sites/map', undefined, 200);
  const names = map.sites.map((site) => site.name);
  assert.ok(names.includes('RING yard'), names.join());
  // All rings together count every station once, whatever is drawn together.
  const drawn = async () => {
    const labels = await rings().evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
    let stations = 0;
    for (const label of labels) {
      const numbers = label.slice(label.lastIndexOf(': ') + 2).matchAll(/(\d+) /g);
      for (const [, number] of numbers) stations += Number(number);
    }
    return stations;
  };
  const all = map.sites.reduce((sum, site) => sum + site.stations, 0);
  for (let tries = 0; (await drawn()) !== all && tries < 100; tries += 1) await page.waitForTimeout(100);
  assert.equal(await drawn(), all);
  await page.waitForFunction(() => document.querySelectorAll('.mapring [data-part]').length > 0);
  const box = await page.locator('.mapbox canvas').boundingBox();
  assert.ok(box.width > 400 && box.height > 400, JSON.stringify(box));
  for (const ring of await rings().all()) {
    const own = await ring.boundingBox();
    assert.ok(own.x >= box.x && own.y >= box.y && own.x < box.x + box.width && own.y < box.y + box.height);
  }
  assert.deepEqual(await rawKeys(page), []);
  await clean(page, 'map');
  await scheme(page, 'dark');
  await page.reload();
  await settled(page);
  await rings().first().waitFor();
  await clean(page, 'map-dark');
  await scheme(page, 'light');
  await page.reload();
  await settled(page);

  await list()
    .getByRole('button', { name: /RING yard/ })
    .click();
  const drawer = page.getByRole('dialog', { name: 'RING yard' });
  await drawer.getByRole('link', { name: 'RING-02' }).waitFor();
  await drawer.getByText('Offline', { exact: true }).first().waitFor();
  await clean(page, 'map-drawer');
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
});

test('the list follows the map, and both are used with keys alone', async () => {
  await go(page, '/stations?show=map');
  await rings().first().waitFor();
  const whole = await inSight().textContent();
  // What is looked for is found wherever it is.
  await page.getByRole('textbox', { name: 'Find a site or town' }).fill('graz');
  await list().getByRole('button').nth(1).waitFor({ state: 'detached' });
  await list()
    .getByRole('button', { name: /RING yard/ })
    .press('Enter');
  await page.getByRole('dialog', { name: 'RING yard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: 'Find a site or town' }).fill('');
  // In to the middle, until not all of it is in sight.
  const plus = page.getByRole('button', { name: 'Zoom in' });
  for (let n = 0; n < 6; n += 1) await plus.press('Enter');
  await page.waitForFunction(
    ([old]) =>
      document.querySelector('.maplisthead [role="status"]')?.textContent !== old &&
      document.querySelectorAll('.mapsites li').length < 3,
    [whole],
  );
  const rest = page.getByRole('button', { name: 'Zoom out' });
  for (let n = 0; n < 8; n += 1) await rest.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('.mapsites li').length > 2);
  // A ring is a button: a cluster opens into more, a site into its drawer.
  await rings().first().focus();
  await page.keyboard.press('Enter');
  await rings().first().waitFor();
});

test('nothing but the server itself was asked for anything', () => {
  const elsewhere = asked.filter((url) => !url.startsWith(BASE) && !/^(blob|data):/.test(url));
  assert.deepEqual(elsewhere, []);
  assert.ok(asked.some((url) => /countries-50m/.test(url)));
  assert.deepEqual(faults, []);
});

test('without WebGL the list is there and says so', async () => {
  const bare = await open({ drawing: 'off' });
  try {
    await signIn(bare.page);
    await go(bare.page, '/stations?show=map');
    await bare.page.getByText('This browser cannot draw the map (no WebGL).', { exact: false }).waitFor();
    assert.equal(await bare.page.locator('.mapbox').count(), 0);
    await bare.page
      .getByRole('region', { name: 'Sites of the list' })
      .getByRole('button', { name: /RING yard/ })
      .click();
    await bare.page.getByRole('dialog', { name: 'RING yard' }).getByText('RING-01').waitFor();
    await bare.page.keyboard.press('Escape');
    await bare.page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.deepEqual(await violations(bare.page), []);
  } finally {
    await bare.browser.close();
  }
});
