// A site with stations of its own and drivers who come to them: a simulated fleet beside the demo's, started
// when a story says so.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { BASE } from './browser.mjs';
import { BINARY } from './server.mjs';

const PASSWORD = '0123456789abcdef0123';

export async function ask(page, method, path, data, status) {
  const answer = await page.context().request.fetch(`${BASE}/api/v1${path}`, {
    method,
    data,
    headers: { origin: BASE },
  });
  assert.equal(answer.status(), status, `${method} ${path}: ${await answer.text()}`);
  return status === 204 ? null : answer.json();
}

/** `name` is in capitals: the stations are NAME-01 and so on. */
export async function yard(page, name, stations, position) {
  const site = await ask(page, 'POST', '/sites', { name: `${name} yard`, city: 'Graz', ...position }, 201);
  const token = `04${Buffer.from(name).toString('hex').toUpperCase().slice(0, 12)}`;
  await ask(page, 'POST', '/tokens', { uid: token }, 201);
  const ids = [];
  for (let n = 1; n <= stations; n += 1) {
    const identity = `${name}-${String(n).padStart(2, '0')}`;
    const made = await ask(
      page,
      'POST',
      '/stations',
      { identity, site_id: site.id, password: PASSWORD },
      201,
    );
    ids.push(made.station.id);
  }
  let child;
  return {
    site,
    ids,
    /** The stations, or the first of them, connect, and drivers come: ten simulated minutes a second. */
    start: async ({ speed = 600, first = stations } = {}) => {
      const { url_template } = await ask(page, 'GET', '/connect', undefined, 200);
      const url = url_template.replace('/{identity}', '');
      child = spawn(
        join(dirname(BINARY), 'busbar-sim'),
        ['fleet', '--url', url, '--password', PASSWORD, '--stations', String(first)].concat([
          '--sites',
          name,
          '--version',
          '1.6',
          '--tokens',
          token,
          '--speed',
          String(speed),
        ]),
        { stdio: 'ignore' },
      );
    },
    /** Waits until all of them are connected and have told of their bays. */
    connected: async (first = stations) => {
      for (let tries = 0; tries < 300; tries += 1) {
        const { data } = await ask(page, 'GET', `/stations?site_id=${site.id}&online=true`, undefined, 200);
        if (data.filter((station) => station.evses.length > 0).length === first) return;
        await page.waitForTimeout(100);
      }
      assert.fail(`the stations of ${name} did not connect`);
    },
    stop: async () => {
      if (!child || child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    /** Takes all of it away again, so that other stories count what they had. */
    clear: async () => {
      for (const id of ids) await ask(page, 'DELETE', `/stations/${id}`, undefined, 204);
      await ask(page, 'DELETE', `/sites/${site.id}`, undefined, 204);
    },
  };
}
