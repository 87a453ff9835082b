// Every key that the code uses is in English, every catalogue has the same keys and the same places to
// fill in, and no key is there for nobody.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fieldCodes, moduleNames, permissionKeys, problemCodes } from './codes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const flat = (node, path = '', out = new Map()) => {
  for (const [key, value] of Object.entries(node)) {
    const at = path ? `${path}.${key}` : key;
    if (typeof value === 'string') out.set(at, value);
    else flat(value, at, out);
  }
  return out;
};
const files = (dir) =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? files(path) : /\.tsx?$/.test(name) ? [path] : [];
  });
const holes = (text) =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)]
    .map((m) => m[1])
    .sort()
    .join();
const plural = /_(zero|one|two|few|many|other)$/;

const faults = [];
const names = readdirSync(join(root, 'src/locales')).filter((name) => name.endsWith('.json'));
const catalogues = new Map(
  names.map((name) => [name, flat(JSON.parse(readFileSync(join(root, 'src/locales', name), 'utf8')))]),
);
const english = catalogues.get('en.json');
const bare = new Set([...english.keys()].map((key) => key.replace(plural, '')));
for (const [name, catalogue] of catalogues) {
  const have = new Set([...catalogue.keys()].map((key) => key.replace(plural, '')));
  for (const key of bare) if (!have.has(key)) faults.push(`${name}: ${key} is missing`);
  for (const key of have) if (!bare.has(key)) faults.push(`${name}: ${key} is not in English`);
  for (const [key, text] of catalogue) {
    if (text.trim() === '') faults.push(`${name}: ${key} is empty`);
    const model = english.get(key) ?? english.get(`${key.replace(plural, '')}_other`);
    if (model && holes(model) !== holes(text)) faults.push(`${name}: ${key} fills in other places`);
  }
}

// What the server can answer has words in every catalogue: its codes, its permissions and its modules.
const slug = (name) =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');
const needed = [
  ...problemCodes().map((code) => `problem.${code}`),
  ...fieldCodes().map((code) => `field.${code}`),
  ...permissionKeys().map((key) => `permission.${key.replaceAll('.', '_')}`),
  ...moduleNames().map((name) => `module.${slug(name)}`),
];
for (const [name, catalogue] of catalogues) {
  for (const key of needed) if (!catalogue.has(key)) faults.push(`${name}: ${key} is missing`);
}

const used = new Set();
const prefixes = new Set();
for (const file of files(join(root, 'src'))) {
  const text = readFileSync(file, 'utf8');
  for (const [, key] of text.matchAll(/\bt\(\s*'([^']+)'/g)) {
    if (key.includes('.')) used.add(key);
    if (key.includes('.') && !bare.has(key))
      faults.push(`${file.slice(root.length)}: ${key} is not in English`);
  }
  for (const [, start] of text.matchAll(/\bt\(\s*`([^`$]+)\$\{/g)) {
    prefixes.add(start);
    if (![...bare].some((key) => key.startsWith(start))) {
      faults.push(`${file.slice(root.length)}: nothing in English begins with ${start}`);
    }
  }
  // Keys kept in data, as in the palette's list of pages.
  for (const [, key] of text.matchAll(/'([a-z_]+\.[a-z_0-9.]+)'/g)) if (bare.has(key)) used.add(key);
}
for (const key of bare) {
  if (!used.has(key) && ![...prefixes].some((start) => key.startsWith(start)))
    faults.push(`en.json: ${key} is used by nobody`);
}
if (faults.length > 0) {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exit(1);
}
process.stdout.write(`${names.length} catalogues, ${bare.size} keys\n`);
