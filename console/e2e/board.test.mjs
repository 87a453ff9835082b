// The board: a tile a bay, which changes by itself when somebody charges; and the same on a wall screen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clean, faults, go, open, rawKeys, scheme, settled, signIn } from './browser.mjs';
import { yard } from './yard.mjs';

let browser;
let page;
let graz;

before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
  graz = await yard(page, 'BOARD', 4, {});
});
after(async () => {
  await graz?.stop();
  await graz?.clear();
  await browser?.close();
});

const tile = (tone) => page.locator(`.bay[data-tone="${tone}"]`);

test('a tile flips when somebody begins to charge, without the page being loaded again', async () => {
  await go(page, `/stations?show=board&site_id=${graz.site.id}`);
  await page.getByText('No bay here').waitFor();
  // The bays are told of when the stations connect for the first time.
  await graz.start();
  await graz.connected();
  await graz.stop();
  await tile('off').nth(3).waitFor();
  await page.evaluate(() => {
    globalThis.stayed = true;
  });
  await graz.start();
  await tile('active').first().waitFor({ timeout: 60_000 });
  await tile('active').first().getByText('Charging', { exact: true }).waitFor();
  await tile('active')
    .first()
    .getByText(/Session for/)
    .waitFor();
  await tile('active').first().getByText(/k?W$/).waitFor();
  assert.equal(await page.evaluate(() => globalThis.stayed), true);
  await page.getByText(/^\d+ bays/).waitFor();
  assert.deepEqual(await rawKeys(page), []);
});

test('the board of the whole fleet, and of a site on a wall screen', async () => {
  await go(page, '/stations?show=board');
  await page.locator('.bay').nth(5).waitFor();
  await clean(page, 'board');
  await scheme(page, 'dark');
  await clean(page, 'board-dark');
  await scheme(page, 'light');
  await page.goto(`/stations?kiosk=1&site=${graz.site.id}`);
  await settled(page);
  await page.getByRole('heading', { name: 'BOARD yard' }).waitFor();
  // Those of this site, some with two bays, and no others.
  const own = await page.locator('.bay').evaluateAll((all) => all.map((one) => one.dataset.bay));
  assert.ok(own.length >= 4 && own.every((name) => name.startsWith('BOARD-')), own.join());
  assert.equal(await page.getByRole('navigation').count(), 0);
  await clean(page, 'kiosk');
  // Pages take turns where not all fit, until somebody stops them.
  await page.setViewportSize({ width: 700, height: 420 });
  await page.getByText(/Page \d of [2-9]/).waitFor();
  await page.getByRole('button', { name: 'Stay on this page' }).click();
  await page.getByRole('button', { name: 'Turn the pages' }).waitFor();
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('link', { name: 'Leave the wall screen' }).click();
  await page.getByRole('navigation').first().waitFor();
  await page.waitForURL((url) => !url.search.includes('kiosk') && url.search.includes('show=board'));
  assert.deepEqual(faults, []);
});
