// One Chromium for a test file: sign-in, colour schemes, screenshots, axe.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const BASE = process.env.BUSBAR_URL ?? 'http://127.0.0.1:8080';
export const EMAIL = process.env.BUSBAR_EMAIL ?? '';
export const PASSWORD = process.env.BUSBAR_PASSWORD ?? '';
export const ARTEFACTS = process.env.ARTEFACTS ?? fileURLToPath(new URL('../.artefacts', import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Faults of the pages' own scripts and of the content security policy, gathered over a test file. */
export const faults = [];

/** How the browser draws in three dimensions: by the processor, or not at all. */
const DRAWING = {
  off: ['--disable-gpu', '--disable-3d-apis'],
  plain: ['--disable-gpu'],
  webgl: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
};

/** With `clock` the page's own clock can be moved forward. */
export async function open({ base = BASE, clock = false, drawing = 'plain' } = {}) {
  mkdirSync(ARTEFACTS, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', ...DRAWING[drawing]],
  });
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    reducedMotion: 'reduce',
    bypassCSP: false,
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  if (clock) await page.clock.install();
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) faults.push(message.text());
  });
  return { browser, context, page };
}

export async function signIn(page) {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(EMAIL);
  await page.locator('input[name="password"]').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
  await settled(page);
}

/** The page has drawn its data: no skeleton is left. */
export async function settled(page) {
  await page.locator('main h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
  await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root'));
}

export const scheme = (page, value) =>
  page.evaluate((kept) => {
    localStorage.setItem('mantine-color-scheme-value', kept);
    document.documentElement.setAttribute('data-mantine-color-scheme', kept);
  }, value);

export const shot = (page, name, fullPage = false) =>
  page.screenshot({ path: join(ARTEFACTS, `${name}.png`), fullPage, animations: 'disabled' });

/** What axe finds against WCAG 2.2 AA, in words. The script goes in by the debugger, past the policy. */
export async function violations(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    }),
  );
  return found.violations.flatMap((one) =>
    one.nodes
      .slice(0, 4)
      .map((node) => `${one.id}: ${node.target.join(' ')} ${node.any[0]?.message ?? one.help}`),
  );
}

const catalogue = JSON.parse(
  readFileSync(fileURLToPath(new URL('../src/locales/en.json', import.meta.url)), 'utf8'),
);
const keyPattern = `^(${Object.keys(catalogue).join('|')})(\\.[a-z_0-9]+)+$`;

/** Keys of a catalogue that were shown as they are. */
export const rawKeys = (page) =>
  page.evaluate((pattern) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const key = new RegExp(pattern);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const text = node.textContent.trim();
      if (key.test(text) && !node.parentElement.closest('.mono,pre,code')) found.push(text);
    }
    return found;
  }, keyPattern);

/** Opens a page and waits until it has what it asked for. */
export async function go(page, path) {
  await page.goto(path);
  await settled(page);
}

/** Takes a picture of a page, on which axe finds nothing. */
export async function clean(page, name) {
  await shot(page, name);
  assert.deepEqual(await violations(page), [], name);
}
