// Alerts in the console, against the real server with its demo fleet: seen, handled, ruled over, and not
// there for whoever may not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clean, faults, go, open, settled, signIn } from './browser.mjs';

let browser;
let page;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

const dialog = () => page.getByRole('dialog');

test('an alert is opened, acknowledged, resolved, and another one snoozed', async () => {
  // Each station of the fleet connected within the last hour: with this rule that is too often.
  const rules = await (await page.request.get('/api/v1/alert_rules?limit=200')).json();
  const rule = rules.data.find((one) => one.kind === 'flapping');
  await page.request.patch(`/api/v1/alert_rules/${rule.id}`, { data: { threshold: 1 } });
  await go(page, '/alerts');
  const rows = page.locator('tr[data-row]');
  await rows.first().waitFor({ timeout: 60_000 });
  await clean(page, 'alerts');
  const first = await rows.first().getAttribute('data-row');
  await rows.first().getByRole('button', { name: 'Acknowledge' }).click();
  await page.locator(`tr[data-row="${first}"]`).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Acknowledged' }).click();
  const mine = page.locator(`tr[data-row="${first}"]`);
  await mine.waitFor();
  await mine.getByRole('button', { name: 'Resolve' }).click();
  await mine.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Resolved' }).click();
  await page.locator(`tr[data-row="${first}"]`).waitFor();
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await rows.first().waitFor();
  const second = await rows.first().getAttribute('data-row');
  await rows.first().getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Snooze for 1 hour' }).click();
  await page.locator(`tr[data-row="${second}"]`).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Snoozed' }).click();
  await page.locator(`tr[data-row="${second}"]`).waitFor();
  await clean(page, 'alerts-snoozed');
});

test('a rule with hours is made, shows, and is removed', async () => {
  await go(page, '/alerts/rules');
  await page.getByText('Tampering').first().waitFor();
  await clean(page, 'alert-rules');
  await page.getByRole('button', { name: 'New rule' }).click();
  await dialog().getByLabel('Name').fill('At night');
  await dialog().getByLabel('Only at some hours').check();
  await dialog().getByLabel('From').fill('22:00');
  await dialog().getByLabel('To', { exact: true }).fill('06:00');
  await clean(page, 'alert-rule-form');
  await dialog().getByRole('button', { name: 'Save' }).click();
  const row = page.locator('tr', { hasText: 'At night' });
  await row.getByText('At some hours').waitFor();
  await row.getByRole('button', { name: 'Remove rule' }).click();
  await dialog().getByRole('button', { name: 'Remove rule' }).click();
  await row.waitFor({ state: 'detached' });
});

test('a webhook to the inside is refused in plain words', async () => {
  await go(page, '/org/webhooks');
  await page.getByRole('button', { name: 'New webhook' }).first().click();
  await dialog().getByLabel('Name').fill('Desk');
  await dialog().getByLabel('Address').fill('https://10.0.0.1/hook');
  await dialog().getByRole('button', { name: 'New webhook' }).click();
  await dialog()
    .getByText(/private network/)
    .first()
    .waitFor();
  await clean(page, 'webhook-form');
});

test('a viewer sees neither the pages nor the tab', async () => {
  await go(page, '/org/roles');
  await page.getByRole('combobox', { name: 'View the console as' }).click();
  await page.getByRole('option', { name: 'Viewer' }).click();
  await page.getByText('You see the console as Viewer.').waitFor();
  await settled(page);
  const rail = page.getByRole('navigation').first();
  await rail.getByRole('link', { name: 'Stations' }).waitFor();
  assert.equal(await rail.getByRole('link', { name: 'Alerts' }).count(), 0);
  assert.equal(await rail.getByRole('link', { name: 'Webhooks' }).count(), 0);
  await go(page, '/stations');
  await page.locator('tr[data-row]').first().click();
  await page.getByRole('link', { name: 'Live' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Alerts', exact: true }).count(), 0);
  assert.deepEqual(faults, []);
});
