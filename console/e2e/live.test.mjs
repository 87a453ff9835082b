// The live line when it falls silent without breaking, as when a cable is pulled or a laptop changes networks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, open, settled, shot, signIn, violations } from './browser.mjs';
import { wire } from './proxy.mjs';

let line;
let browser;
let page;

before(async () => {
  line = await wire(BASE);
  ({ browser, page } = await open({ base: line.url, clock: true }));
});
after(async () => {
  await browser?.close();
  line?.close();
});

const dot = (state) => page.locator(`.livedot[data-line="${state}"]`).waitFor();
const greyed = () =>
  page.evaluate(() => getComputedStyle(document.querySelector('.kpi .value')).filter.includes('grayscale'));

test('twenty seconds of silence turn the dot amber and the values grey, and then it comes back', async () => {
  await signIn(page);
  await dot('live');
  await page.locator('.kpi .value').first().waitFor();
  assert.equal(await greyed(), false);
  line.silence(true);
  await page.clock.fastForward(22_000);
  await dot('stale');
  const amber = await page.evaluate(() => getComputedStyle(document.querySelector('.livedot .dot')).color);
  assert.match(amber, /rgb\(217, 130, 0\)|rgb\(243, 180, 95\)/);
  assert.equal(await greyed(), true);
  await page
    .getByRole('alert')
    .getByText(/Nothing has been heard from the server since \d\d:\d\d/)
    .waitFor();
  await shot(page, 'line-silent');
  assert.deepEqual(await violations(page), []);

  line.silence(false);
  await page.clock.fastForward(20_000);
  await dot('live');
  assert.equal(await greyed(), false);
  assert.equal(await page.locator('.stalebar').count(), 0);
  await settled(page);
});
