// The console in a real Chromium, against any server with at least one station. Nothing here knows names.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults, go, open, rawKeys, scheme, settled, shot, signIn, violations } from './browser.mjs';

let browser;
let page;
/** Addresses of one station and one session, found on the way; sessions may not exist yet. */
let stationPath;
let sessionPath;

before(async () => {
  ({ browser, page } = await open());
});
after(async () => {
  await browser?.close();
});

const visit = (path) => go(page, path);

test('a stranger is sent to sign-in, and a wrong password is refused in words', async () => {
  await page.goto('/stations');
  await page.waitForURL(/\/login/);
  assert.deepEqual(await rawKeys(page), []);
  await page.getByLabel('E-mail').fill('nobody@example.org');
  await page.locator('input[name="password"]').fill('certainly wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').waitFor();
  await shot(page, 'login-refused');
});

for (const look of ['light', 'dark']) {
  test(`the sign-in page is clean for axe, ${look}`, async () => {
    await page.goto('/login');
    await scheme(page, look);
    await page.reload();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    await shot(page, `login-${look}`);
    assert.deepEqual(await violations(page), []);
  });
}

test('signing in leads to the page that was asked for', async () => {
  await signIn(page);
  await page.locator('[data-testid="numbers"]').waitFor();
  await page.locator('.livedot[data-line="live"]').waitFor();
});

test('the fleet list shows stations with their states', async () => {
  await visit('/stations');
  const first = page.locator('table tbody tr[data-row]').first();
  await first.waitFor();
  assert.ok((await first.locator('.status').count()) > 0, 'a state is shown');
  // A station that is charging shows most; any other does as well.
  const rows = page.locator('table tbody tr[data-row]');
  const charging = rows.filter({ has: page.locator('.status[data-tone="active"]') });
  const chosen = (await charging.count()) > 0 ? charging.first() : rows.first();
  stationPath = await chosen.locator('a.rowlink').first().getAttribute('href');
  assert.match(stationPath, /^\/stations\/[^/]+\/live$/);
});

test('the filter narrows the list, and the address keeps it', async () => {
  await visit('/stations');
  const identity = (await page.locator('table tbody a.rowlink').first().textContent()).trim();
  await page.keyboard.press('/');
  await page.keyboard.type(identity);
  await page.waitForURL(/q=/);
  await page.waitForFunction(
    (name) => document.querySelector('table tbody a.rowlink')?.textContent.trim() === name,
    identity,
  );
  await page.locator('[data-filter]').fill('no-station-is-called-so');
  await page.getByText('No station matches', { exact: true }).waitFor();
});

test('j, k and Enter walk the table; ? and Ctrl-K open their windows', async () => {
  await visit('/stations');
  await page.locator('table tbody tr[data-row]').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  assert.equal(await page.locator('tr[data-at]').count(), 1);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/stations\/[^/]+\/live/);
  await settled(page);
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+k');
  await page
    .getByPlaceholder(/Search stations/)
    .last()
    .waitFor();
  await shot(page, 'palette');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await page.waitForURL(/\/sessions/);
});

test('a station shows its parts, its health and its power', async () => {
  await visit(stationPath);
  await page.getByRole('heading', { name: 'Health' }).waitFor();
  const tabs = await page.locator('nav.tabs a').allTextContents();
  assert.ok(tabs.includes('Log') && tabs.includes('Commands') && tabs.includes('Configuration'), tabs.join());
  const table = page.getByRole('button', { name: 'Show as table' });
  if (await table.count()) {
    await table.first().click();
    await page.locator('figure table').waitFor();
  }
});

test('the log pairs call and answer and shows both', async () => {
  await visit(stationPath.replace(/live$/, 'log'));
  const rows = page.locator('.logrow');
  await Promise.race([rows.first().waitFor(), page.getByText('No messages', { exact: true }).waitFor()]);
  if ((await rows.count()) === 0) return;
  await rows.nth(Math.min(2, (await rows.count()) - 1)).click();
  await page.locator('aside pre.json').first().waitFor();
  await page.getByText('Raw', { exact: true }).click();
  assert.match(await page.locator('aside pre.json').first().textContent(), /^\[[2346],|./);
  await shot(page, 'log-detail');
});

test('a raw call is a form and JSON in step; what the schema refuses is told at its field', async () => {
  await visit(`${stationPath.replace(/live$/, 'commands')}?form=raw`);
  await page.getByRole('combobox', { name: 'Action' }).fill('TriggerMess');
  await page.getByRole('option', { name: 'TriggerMessage', exact: true }).click();
  await page.waitForURL(/action=TriggerMessage/);
  const payload = page.getByRole('textbox', { name: 'Payload (JSON)' });
  const fields = page.locator('[data-testid="raw-fields"]');
  const requested = fields.getByRole('combobox', { name: 'requestedMessage' });
  assert.equal(await payload.inputValue(), '{}');

  // Sent as it is, the server names the field that is missing.
  const send = page.getByRole('button', { name: 'Send', exact: true });
  await send.click();
  await fields.locator('input[aria-invalid="true"]').first().waitFor();
  assert.equal(await requested.getAttribute('aria-invalid'), 'true');

  // From the form into the JSON …
  await requested.click();
  await page.getByRole('option', { name: 'Heartbeat', exact: true }).click();
  assert.deepEqual(JSON.parse(await payload.inputValue()), { requestedMessage: 'Heartbeat' });
  // … and from the JSON into the form, without losing a digit; broken JSON closes the form.
  await payload.fill('{"requestedMessage": "StatusNotification", "more": 9223372036854775807}');
  assert.equal(await requested.inputValue(), 'StatusNotification');
  assert.equal(await fields.getByLabel('more', { exact: true }).inputValue(), '9223372036854775807');
  await page.getByRole('button', { name: 'Lay out' }).click();
  assert.match(await payload.inputValue(), /\n {2}"more": 9223372036854775807/);
  await payload.fill('{ broken');
  await page.locator('[class*="InputWrapper-error"]').first().waitFor();
  assert.equal(await requested.isDisabled(), true);
  assert.equal(await send.isDisabled(), true);

  await payload.fill('{"requestedMessage": "Heartbeat"}');
  await send.click();
  await page.locator('[data-testid="answer"]').first().waitFor();
  await shot(page, 'raw-answer');
});

test('a nested form grows and shrinks with its lists', async () => {
  await visit(`${stationPath.replace(/live$/, 'commands')}?form=raw&action=SendLocalList`);
  const fields = page.locator('[data-testid="raw-fields"]');
  const payload = page.getByRole('textbox', { name: 'Payload (JSON)' });
  await fields.getByRole('combobox', { name: 'Add a field', exact: true }).click();
  await page.getByRole('option', { name: 'localAuthorizationList', exact: true }).click();
  await fields.getByRole('button', { name: 'Add localAuthorizationList', exact: true }).click();
  assert.equal(JSON.parse(await payload.inputValue()).localAuthorizationList.length, 2);
  await fields.getByRole('button', { name: 'Remove localAuthorizationList 2', exact: true }).click();
  await fields.getByLabel(/^(versionNumber|listVersion)/).fill('12345678901234567890');
  assert.match(await payload.inputValue(), /": 12345678901234567890/);
  assert.equal(JSON.parse(await payload.inputValue()).localAuthorizationList.length, 1);
  await shot(page, 'raw-nested');
});

test('a call of the log is sent once more from the form', async () => {
  const station = stationPath.replace(/live$/, '');
  await visit(`${station}log?direction=out&action=TriggerMessage`);
  const rows = page.locator('.logrow');
  await Promise.race([rows.first().waitFor(), page.getByText('No messages', { exact: true }).waitFor()]);
  if ((await rows.count()) === 0) return;
  await rows.first().click();
  const sent = await page.getByRole('region', { name: 'Request' }).textContent();
  await page.getByRole('button', { name: 'Send again…' }).click();
  await page.waitForURL(/commands\?form=raw&action=TriggerMessage/);
  const payload = page.getByRole('textbox', { name: 'Payload (JSON)' });
  await payload.waitFor();
  assert.deepEqual(JSON.parse(await payload.inputValue()), JSON.parse(sent));
});

test('sessions are listed, and one opens', async () => {
  await visit('/sessions');
  const link = page.locator('table tbody a.rowlink').first();
  await Promise.race([link.waitFor(), page.getByText('No sessions yet', { exact: true }).waitFor()]);
  if ((await link.count()) === 0) return;
  sessionPath = await link.getAttribute('href');
  await visit(sessionPath);
  await page.getByRole('heading', { name: 'Charging curve' }).waitFor();
  // From the session to what was said meanwhile.
  await page.getByRole('link', { name: 'Messages of this time' }).click();
  await page.waitForURL(/\/log\?from=\d{4}-\d\d-\d\dT\d\d/);
  await settled(page);
});

const pages = () => [
  ['overview', '/'],
  ['stations', '/stations'],
  ['station-live', stationPath],
  ...['sessions', 'commands', 'variables', 'log', 'settings'].map((tab) => [
    `station-${tab}`,
    stationPath.replace(/live$/, tab),
  ]),
  ['commands-raw', `${stationPath.replace(/live$/, 'commands')}?form=raw&action=SetChargingProfile`],
  ['sessions', '/sessions'],
  ...(sessionPath ? [['session', sessionPath]] : []),
  ['tokens', '/tokens'],
  ['sites', '/sites'],
  ['connect', '/connect'],
  ['organisation', '/org/profile'],
  ['sub-organisations', '/org/sub-organisations'],
  ['keys', '/org/keys'],
  ['roles', '/org/roles'],
];

for (const look of ['light', 'dark']) {
  test(`every page is clean for axe and speaks in words, ${look}`, async () => {
    await scheme(page, look);
    const found = [];
    for (const [name, path] of pages()) {
      await visit(path);
      // The chart arrives in its own chunk.
      if (await page.locator('figure').count())
        await page.locator('figure canvas, figure table').first().waitFor();
      await shot(page, `${name}-${look}`);
      for (const one of await violations(page)) found.push(`${name}: ${one}`);
      for (const key of await rawKeys(page)) found.push(`${name}: raw key ${key}`);
    }
    assert.deepEqual(found, []);
  });
}

test('in German no key is left raw', async () => {
  await page.evaluate(() => localStorage.setItem('busbar-language', 'de'));
  const found = [];
  for (const [name, path] of pages()) {
    await visit(path);
    for (const key of await rawKeys(page)) found.push(`${name}: ${key}`);
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  }
  await page.evaluate(() => localStorage.setItem('busbar-language', 'en'));
  assert.deepEqual(found, []);
});

test('on a phone nothing is wider than the screen', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await scheme(page, 'light');
  const wide = [];
  for (const [name, path] of pages()) {
    await visit(path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (over > 1) wide.push(`${name}: ${over} px`);
    if (['overview', 'stations', 'station-live', 'connect'].includes(name)) await shot(page, `phone-${name}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  assert.deepEqual(wide, []);
});

test('the numbers fit their cards at every width', async () => {
  const over = [];
  for (const width of [320, 390, 600, 800, 1024, 1280, 1440, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    await visit('/');
    const found = await page.evaluate(() => {
      const cards = [...document.querySelectorAll('.kpi')];
      // The widest that the format can write.
      for (const value of document.querySelectorAll('.kpi .value .num')) value.textContent = '945.2 kWh';
      return cards
        .filter((card) => {
          const value = card.querySelector('.value');
          const text = document.createRange();
          text.selectNodeContents(value);
          return text.getBoundingClientRect().right > value.getBoundingClientRect().right + 0.5;
        })
        .map((card) => card.textContent);
    });
    for (const one of found) over.push(`${width}: ${one}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  assert.deepEqual(over, []);
});

test('no script failed and nothing broke the content security policy', () => {
  assert.deepEqual([...new Set(faults)], []);
});
