// The team and the ways in by mail, against the real server, which has no mail server: its links are
// shown to whoever invites, and lie in the outbox folder.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, clean, EMAIL, faults, go, open, PASSWORD, settled, shot, signIn } from './browser.mjs';

let browser;
let page;
before(async () => {
  ({ browser, page } = await open());
  await signIn(page);
});
after(() => browser?.close());

const visit = (path) => go(page, path);
/** Somebody in a browser of their own. */
const elsewhere = async (work) => {
  const other = await open();
  try {
    await work(other.page);
  } finally {
    await other.browser.close();
  }
};
const show = (name) => page.getByRole('radiogroup', { name: 'Which people' }).getByText(name).click();

test('somebody is invited with a role, accepts in their own browser, and is a member', async () => {
  await visit('/org/team');
  await clean(page, 'team');
  await page.getByRole('button', { name: 'Invite' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill('nia@demo.example');
  await dialog.getByRole('button', { name: 'Invite' }).click();
  await dialog.getByText('At least one role is needed.').first().waitFor();
  await dialog.getByLabel('Technician').check();
  await clean(page, 'team-invite');
  await dialog.getByRole('button', { name: 'What each role may do' }).click();
  await dialog.getByText('Chosen', { exact: true }).waitFor();
  await shot(page, 'team-matrix');
  await dialog.getByRole('button', { name: 'What each role may do' }).click();
  await dialog.getByRole('button', { name: 'Invite' }).click();
  const link = await dialog.locator('code').innerText();
  assert.match(link, /\/accept#/);
  await clean(page, 'team-invited');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await show('Invited');
  await page
    .getByRole('row', { name: /nia@demo.example/ })
    .getByText('Technician')
    .waitFor();
  await clean(page, 'team-pending');
  await elsewhere(async (nia) => {
    await nia.goto(`/accept${new URL(link).hash}`);
    await nia.getByText('To be a member: Technician').waitFor();
    await clean(nia, 'accept');
    await nia.getByLabel('Your name').fill('Nia');
    await nia.locator('input[autocomplete="new-password"]').fill('short');
    await nia.getByRole('button', { name: 'Accept' }).click();
    await nia.getByText('A password has 10 to 200 characters.').waitFor();
    await nia.locator('input[autocomplete="new-password"]').fill('a good long one');
    await nia.getByRole('button', { name: 'Accept' }).click();
    await nia.waitForURL((url) => url.pathname === '/');
    await settled(nia);
    await nia.goto(`/accept${new URL(link).hash}`);
    await nia.getByText('This link was used already').first().waitFor();
    await clean(nia, 'accept-used');
  });
});

test('a member gets other roles, is archived, restored and deleted', async () => {
  await visit('/org/team');
  await page.getByRole('button', { name: 'Edit Nia' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit Nia' });
  await dialog.getByLabel('Viewer').check();
  await dialog.getByLabel('Technician').uncheck();
  await clean(page, 'team-member');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('row', { name: /^Nia/ });
  await row.getByText('Viewer').waitFor();
  await page.getByRole('button', { name: 'Edit Nia' }).click();
  await dialog.getByRole('button', { name: 'Remove second factor' }).click();
  const sure = page.getByRole('dialog').filter({ hasText: 'is told by mail' });
  await clean(page, 'team-second-factor');
  const done = page.waitForResponse((answer) => answer.url().endsWith('/reset_second_factor'));
  await sure.getByRole('button', { name: 'Remove second factor' }).click();
  assert.equal((await done).status(), 204);
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Edit Nia' }).click();
  await dialog.getByRole('button', { name: 'Archive' }).click();
  await page
    .getByRole('dialog')
    .filter({ hasText: 'is nobody in this organisation from this moment' })
    .getByRole('button', { name: 'Archive' })
    .click();
  await row.waitFor({ state: 'detached' });
  await show('Archived');
  await row.waitFor();
  await clean(page, 'team-archived');
  await page.getByRole('button', { name: 'Restore Nia' }).click();
  await row.waitFor({ state: 'detached' });
  await show('Members');
  await page.getByRole('button', { name: 'Edit Nia' }).click();
  await dialog.getByRole('button', { name: 'Archive' }).click();
  await page
    .getByRole('dialog')
    .filter({ hasText: 'is nobody in this organisation from this moment' })
    .getByRole('button', { name: 'Archive' })
    .click();
  await show('Archived');
  await page.getByRole('button', { name: 'Delete Nia' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await row.waitFor({ state: 'detached' });
});

test('the last Administrator stays, and whoever gives it up is asked again', async () => {
  await visit('/org/team');
  await page.getByRole('button', { name: 'Edit Administrator' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Viewer').check();
  await dialog.getByLabel('Administrator', { exact: true }).uncheck();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('You cannot undo this yourself').waitFor();
  await dialog.getByLabel('Type your name').fill('Administrator');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('An organisation keeps at least one Administrator.').waitFor();
  await clean(page, 'team-last-administrator');
});

test('an invitation is sent again, and taken back', async () => {
  await visit('/org/team');
  await page.getByRole('button', { name: 'Invite' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill('oz@demo.example');
  await dialog.getByLabel('Viewer').check();
  await dialog.getByRole('button', { name: 'Invite' }).click();
  await dialog.locator('code').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await show('Invited');
  await page.getByRole('button', { name: 'Send again to oz@demo.example' }).click();
  await page.getByText('It was sent within the last minute; wait a moment.').waitFor();
  await page.getByRole('button', { name: 'Take back the invitation of oz@demo.example' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await page.getByRole('row', { name: /^oz@demo/ }).waitFor({ state: 'detached' });
});

test('the ways in without a password tell nobody who has an account', async () => {
  await elsewhere(async (stranger) => {
    await stranger.goto('/login');
    await stranger.getByRole('link', { name: 'Forgot the password?' }).click();
    await stranger.getByLabel('E-mail').fill('nobody@demo.example');
    await clean(stranger, 'forgot');
    await stranger.getByRole('button', { name: 'Send the link' }).click();
    await stranger.getByText('If there is an account with nobody@demo.example').waitFor();
    await stranger.goto('/register');
    await stranger.getByLabel('E-mail').fill('nobody@demo.example');
    await clean(stranger, 'register');
    await stranger.getByRole('button', { name: 'Send the mail again' }).click();
    await stranger.getByText('If nobody@demo.example is invited').waitFor();
    for (const path of ['/reset', '/activate', '/accept']) {
      await stranger.goto(`${path}#nothing`);
      if (path !== '/accept') {
        await stranger.locator('input[type="password"]').fill('a good long one');
        await stranger.locator('button[type="submit"]').click();
      }
      await stranger.getByText('This link opens nothing').first().waitFor();
      await clean(stranger, `link${path.replace('/', '-')}`);
    }
  });
});

test('a viewer sees the team and may invite viewers only', async () => {
  await elsewhere(async (viewer) => {
    await viewer.goto('/login');
    await viewer.getByLabel('E-mail').fill(EMAIL.replace('administrator', 'viewer'));
    await viewer.locator('input[name="password"]').fill(PASSWORD);
    await viewer.getByRole('button', { name: 'Sign in', exact: true }).click();
    await viewer.waitForURL((url) => !url.pathname.startsWith('/login'));
    await viewer.goto('/org/team');
    await settled(viewer);
    await viewer.getByRole('button', { name: 'Invite' }).click();
    const dialog = viewer.getByRole('dialog');
    await dialog.getByLabel('Viewer').waitFor();
    assert.equal(await dialog.getByLabel('Viewer').isEnabled(), true);
    // What one may not give is not offered; the matrix tells what there is.
    for (const role of ['Technician', 'Administrator', 'Driver manager']) {
      assert.equal(await dialog.getByRole('checkbox', { name: role }).count(), 0, role);
    }
    await clean(viewer, 'team-viewer');
  });
  assert.ok(BASE);
  assert.deepEqual(faults, []);
});
