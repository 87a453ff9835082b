// A list is kept as a view, found again by its address, changed, shared and taken away.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clean, faults, go, open, rawKeys, settled, shot, signIn } from './browser.mjs';

let browser;
let page;

before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

const button = (name) => page.getByRole('button', { name: `View: ${name}`, exact: true });
const item = (name) => page.getByRole('menuitem', { name });
const dialog = () => page.getByRole('dialog');

test('a list is kept as a view and found again by its address', async () => {
  await go(page, '/stations?online=true&q=depot');
  await button('Views').click();
  await page.getByText('No views yet').waitFor();
  await item('Save as a view').click();
  await dialog().getByLabel('Name').fill('My depots');
  await clean(page, 'view-form');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await button('My depots').waitFor();
  await page.waitForURL(/view=vew_/);
  const view = new URL(page.url()).searchParams.get('view');

  // By its name alone, as from a mail.
  await page.goto(`/stations?view=${view}`);
  await settled(page);
  await page.waitForURL((url) => url.searchParams.get('q') === 'depot');
  assert.match(new URL(page.url()).searchParams.get('online'), /true/);
  await button('My depots').waitFor();
  assert.deepEqual(await rawKeys(page), []);

  // Another filter is a change, which can be kept.
  await page.getByRole('button', { name: 'Charging', exact: true }).click();
  await button('My depots (changed)').click();
  await shot(page, 'views');
  await item('Save changes to My depots').click();
  await button('My depots').waitFor();
  await page.goto('/stations');
  await settled(page);
  await button('Views').click();
  await item('My depots').click();
  await page.waitForURL((url) => url.searchParams.get('status') === 'charging');
});

test('a view is shared, and taken away again', async () => {
  await button('My depots').click();
  await item('Rename or share').click();
  await dialog().getByLabel('Name').fill('Depots of all');
  await dialog().getByLabel('Share with everybody here').check();
  await dialog().getByRole('button', { name: 'Save' }).click();
  await button('Depots of all').waitFor();
  await page.getByRole('button', { name: 'Board', exact: true }).click();
  await page.waitForURL(/show=board/);
  await button('Depots of all').click();
  await item('Remove the view').click();
  await dialog().getByText('It is gone for everybody.', { exact: false }).waitFor();
  await dialog().getByRole('button', { name: 'Remove the view' }).click();
  await button('Views').waitFor();
  await page.goto('/stations?view=vew_00000000000000000000000000000000');
  await settled(page);
  await button('View not found').waitFor();
  assert.deepEqual(faults, []);
});
