// Runs the browser tests: against BUSBAR_URL when it is given, else against the mock server.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const env = { ...process.env };
let mock = null;
if (!env.BUSBAR_URL) {
  const [{ start }, { EMAIL, PASSWORD }] = await Promise.all([
    import('./mock-server.mjs'),
    import('./mock-world.mjs'),
  ]);
  mock = await start(0);
  Object.assign(env, { BUSBAR_URL: mock.url, BUSBAR_EMAIL: EMAIL, BUSBAR_PASSWORD: PASSWORD });
}
// All of them, or those that are named: `npm run e2e -- lock`.
const named = process.argv.slice(2);
const tests = readdirSync(here)
  .filter((name) => name.endsWith('.test.mjs'))
  .filter((name) => named.length === 0 || named.some((one) => name.startsWith(one)))
  .map((name) => here + name);
const child = spawn(process.execPath, ['--test', '--test-concurrency=1', ...tests], {
  env,
  stdio: 'inherit',
});
child.on('exit', (code) => {
  mock?.close();
  process.exit(code ?? 1);
});
