// A server of one's own: started empty from BUSBAR_BINARY in a temporary folder, killed and started again.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export const BINARY = process.env.BUSBAR_BINARY;

/** With `settings`, the text of its configuration file, and an address of one's own choice. */
export async function ownServer({ settings = '', http = '127.0.0.1:0' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'busbar-e2e-'));
  const listen = { http, gateway: '127.0.0.1:0' };
  const file = join(folder, 'busbar.toml');
  writeFileSync(file, settings);
  const env = () => ({
    ...process.env,
    BUSBAR_CONFIG: file,
    BUSBAR_DATA_DIR: folder,
    BUSBAR_HTTP_LISTEN: listen.http,
    BUSBAR_GATEWAY_LISTEN: listen.gateway,
    BUSBAR_FILES_LISTEN: '127.0.0.1:0',
  });
  let child;
  const told = { url: '', link: '' };
  const start = async () => {
    child = spawn(BINARY, ['serve'], { env: env(), stdio: ['ignore', 'pipe', 'ignore'] });
    for await (const line of createInterface({ input: child.stdout })) {
      told.url = /^ *Console +(http:\S+)/.exec(line)?.[1] ?? told.url;
      told.link = /First run: open (\S+)/.exec(line)?.[1] ?? told.link;
      if (/^ +Ready/.test(line)) break;
    }
    if (!told.url) throw new Error('the server did not start');
    // The next start is found where this one was.
    listen.http = new URL(told.url).host;
  };
  const kill = async () => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await start();
  return {
    told,
    start,
    kill,
    /** What another run of the program prints beside the server. */
    run: async (...args) => (await promisify(execFile)(BINARY, args, { env: env() })).stdout,
    clear: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
