// Jobs in the console, against the real server with its demo fleet: stations are chosen, the sheet says what
// would be met, the job goes its way, and its page tells how each station stands.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, clean as cleanPage, faults, go, open, scheme, settled, signIn } from './browser.mjs';

let browser;
let page;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

const visit = (path) => go(page, path);
const clean = (name) => cleanPage(page, name);
const dialog = () => page.getByRole('dialog');
const choose = async (deed) => {
  await dialog().getByRole('combobox', { name: 'What to do' }).click();
  await page.getByRole('option', { name: deed, exact: true }).click();
};

test('chosen stations are asked something, and the page of the job tells what came of it', async () => {
  await visit('/stations?online=true');
  const boxes = page.getByRole('checkbox', { name: /^Choose / });
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await page.getByText('2 stations chosen').waitFor();
  await clean('bulk-bar');
  await page.getByRole('button', { name: 'Do something with them' }).click();
  await choose('Trigger a message');
  await dialog().getByRole('button', { name: 'Look at what it would meet' }).click();
  await dialog()
    .getByText(/^2 stations/)
    .waitFor();
  await clean('job-sheet');
  await dialog().getByRole('button', { name: 'Run on 2 stations' }).click();
  await page.waitForURL(/\/jobs\/job_/);
  await page.getByRole('heading', { name: 'Trigger a message' }).waitFor();
  await page.getByText('100 %').waitFor();
  await page.getByText('2 done', { exact: false }).waitFor();
  await settled(page);
  await clean('job');
  await scheme(page, 'dark');
  await clean('job-dark');
  await scheme(page, 'light');
  await page.getByRole('button', { name: 'Download' }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'CSV' }).click(),
  ]);
  assert.equal(file.suggestedFilename(), 'job-stations.csv');
});

test('a job over all that match waits for those that are away, is seen in the tray, and is cancelled', async () => {
  // One that never connects is away for certain.
  const added = await page.context().request.post(`${BASE}/api/v1/stations`, {
    data: { identity: 'JOBS-AWAY' },
    headers: { origin: BASE },
  });
  assert.equal(added.status(), 201);
  const { station } = await added.json();
  await visit('/stations?online=false&q=JOBS-AWAY');
  await page
    .getByRole('checkbox', { name: /^Choose / })
    .first()
    .check();
  await page.getByRole('button', { name: 'All that match' }).click();
  await page.getByText('All stations of this list chosen').waitFor();
  await page.getByRole('button', { name: 'Do something with them' }).click();
  await choose('Firmware campaign');
  await dialog().getByLabel('URL of the firmware file').fill('not an address');
  await dialog().getByRole('button', { name: 'Look at what it would meet' }).click();
  await dialog()
    .getByText(/An address that begins with http/)
    .first()
    .waitFor();
  await clean('job-form');
  await dialog().getByLabel('URL of the firmware file').fill('https://firmware.example/unit-9.9.9.bin');
  await dialog().getByRole('button', { name: 'Look at what it would meet' }).click();
  await dialog()
    .getByText(/offline, waiting until the deadline/)
    .waitFor();
  await dialog().getByText('In waves: 1, 5, then the rest', { exact: false }).waitFor();
  await dialog()
    .getByRole('button', { name: /^Run on \d+ station/ })
    .click();
  await page.getByRole('heading', { name: 'Firmware campaign' }).waitFor();
  await page.getByText('Not connected: waits until the deadline.').first().waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await visit('/jobs');
  await page.getByRole('link', { name: 'Firmware campaign' }).waitFor();
  await clean('jobs');
  await page.getByRole('button', { name: /^1 job, / }).click();
  await page.getByRole('menuitem', { name: /Firmware campaign/ }).click();
  await page.getByRole('button', { name: 'Cancel the job' }).click();
  await dialog().getByRole('button', { name: 'Cancel the job' }).click();
  await page.getByText('Cancelled', { exact: true }).first().waitFor();
  await page.getByRole('button', { name: /^1 job, / }).waitFor({ state: 'detached' });
  const gone = await page.context().request.delete(`${BASE}/api/v1/stations/${station.id}`, {
    headers: { origin: BASE },
  });
  assert.equal(gone.status(), 204);
  assert.deepEqual(faults, []);
});
