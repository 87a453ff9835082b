// The codes that the server can answer, read from its sources: those of a problem, and those of a single field.
// A code that has no words in a catalogue is found by scripts/catalogues.mjs.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const crates = fileURLToPath(new URL('../../crates/', import.meta.url));
const sources = (dir) =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? sources(path) : name.endsWith('.rs') ? [path] : [];
  });
/** Without its tests and its comments. */
const read = (path) =>
  readFileSync(path, 'utf8')
    .split(/^#\[cfg\(test\)\]/m)[0]
    .replace(/^\s*\/\/.*$/gm, '');

const word = '"([a-z][a-z0-9]*(?:_[a-z0-9]+)*)"';
const PROBLEM = [
  `\\b(?:conflict|unavailable|bad_request|unauthorized|refused|Already)\\(\\s*${word}`,
  `\\bStatusCode::[A-Z_]+,\\s*${word}`,
  `\\bwhy:\\s*${word}`,
  `\\bcode:\\s*(?:code @ )?${word}`,
  `\\bconst CODE: &str = ${word}`,
  `\\belse \\{\\s*${word}\\s*\\}`,
  `\\bwhy: if [a-z_]+ \\{\\s*${word}`,
  `=> \\(\\s*${word},\\s*"`,
].map((text) => new RegExp(text, 'g'));
const argument = '[^,;{}]+';
const FIELD = [
  `\\b(?:Problem::field|Error::invalid|Problem::at)\\(\\s*${argument},\\s*${word}`,
  `\\brefuse\\(\\s*${argument},\\s*${argument},\\s*${word}`,
  `\\bwrong\\(\\s*${word},\\s*"`,
].map((text) => new RegExp(text, 'g'));

/** Words that stand where codes do, and are none that people of the console are told. */
const OTHERS = new Set(JSON.parse(readFileSync(new URL('./no_codes.json', import.meta.url), 'utf8')));

function collect(rooms, patterns) {
  const found = new Set();
  for (const room of rooms) {
    for (const path of sources(join(crates, room, 'src'))) {
      const text = read(path);
      for (const pattern of patterns) {
        for (const [, code] of text.matchAll(pattern)) if (!OTHERS.has(code)) found.add(code);
      }
    }
  }
  return [...found].sort();
}

export const problemCodes = () => [
  ...collect(['app', 'api'], PROBLEM),
  // A dialect's refusals of a raw call: crates/app/src/raw.rs.
  'invalid_payload',
  'unsupported',
  // Made in the browser, when no server or another one answers.
  'unreachable',
  'unreadable_answer',
];
export const fieldCodes = () => collect(['app', 'api', 'domain'], FIELD);

/** The names of the permissions, as the table and the additions of ours have them. */
export function permissionKeys() {
  const openapi = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'));
  return openapi.components.schemas.PermissionKey.enum;
}

/** The modules, as the permissions name them. */
export function moduleNames() {
  const text = readFileSync(join(crates, 'domain/src/role.rs'), 'utf8');
  const rows = text.matchAll(/= "[a-z_.]+", "([^"]*)", "([^"]*)", "[^"]*", (?:None|Some\("[a-z_]+"\));/g);
  return [...new Set([...rows].flatMap(([, module, submodule]) => [module, submodule]))].filter(Boolean);
}
