// Which ways there are to show again who one is, from the API's own description: what the server does not take is
// not offered. Written beside the types by `npm run generate`.
import { readFileSync, writeFileSync } from 'node:fs';

const openapi = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));
const first = (...paths) => paths.find((path) => openapi.paths[`/api/v1${path}`] ?? openapi.paths[path]);
const path = first('/me/step_up', '/me/confirm');
const begin = first(
  '/me/step_up/passkey',
  '/me/step_up/passkey/begin',
  '/me/confirm/passkey',
  '/me/confirm/passkey/begin',
  '/me/passkey/begin',
);
const evidence = Object.keys(openapi.components.schemas.EvidenceBody.properties).sort();
const list = evidence.map((one) => `'${one}'`).join(', ');
const text = `// Written by \`npm run generate\` from openapi.json.
export const STEP_UP_PATH = '${path}';
/** Where a passkey is begun; null where the server takes none for this. */
export const STEP_UP_PASSKEY: string | null = ${evidence.includes('passkey') && begin ? `'${begin}'` : 'null'};
export const STEP_UP_EVIDENCE: readonly string[] = [${list}];
`;
writeFileSync(new URL('../src/api/facts.ts', import.meta.url), text);
