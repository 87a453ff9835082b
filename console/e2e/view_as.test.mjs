// An Administrator looks about as another role.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults, open, settled, shot, signIn, violations } from './browser.mjs';

let browser;
let page;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

test('the console is seen as a viewer, who changes nothing, and left again', async () => {
  await page.goto('/org/roles');
  await settled(page);
  await page.getByRole('combobox', { name: 'View the console as' }).click();
  await page.getByRole('option', { name: 'Viewer' }).click();
  await page.getByText('You see the console as Viewer.').waitFor();
  await settled(page);
  const rail = page.getByRole('navigation').first();
  assert.equal(await rail.getByRole('link', { name: 'Drivers' }).count(), 0);
  assert.equal(await rail.getByRole('link', { name: 'Audit log' }).count(), 0);
  await shot(page, 'view-as');
  assert.deepEqual(await violations(page), []);
  const refused = await page.request.post('/api/v1/sites', { data: { name: 'Yard' } });
  assert.equal((await refused.json()).code, 'viewing_as');
  await page.getByRole('button', { name: 'Back to my own rights' }).click();
  await page.getByRole('link', { name: 'Audit log' }).waitFor();
  assert.deepEqual(faults, []);
});
