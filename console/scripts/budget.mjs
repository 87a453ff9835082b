// The weight of the built console, gzipped: entry, every route, the charts, the map, the form data.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const LIMIT = { entry: 230, route: 110, charts: 250, map: 320, forms: 20 };
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const manifest = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8'));
const weights = new Map();
const weigh = (file) => {
  if (!weights.has(file)) weights.set(file, gzipSync(readFileSync(dist + file), { level: 9 }).length / 1000);
  return weights.get(file);
};
/** A chunk with all it imports, less what is there already. */
const scripts = (key, seen = new Set()) => {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) scripts(next, seen);
  return seen;
};
const entryKey = Object.keys(manifest).find((key) => manifest[key].isEntry);
const entry = scripts(entryKey);
const sum = (chunks) => [...chunks].reduce((all, key) => all + weigh(manifest[key].file), 0);

let heavy = false;
const say = (name, weight, limit) => {
  if (weight > limit) heavy = true;
  process.stdout.write(
    `${weight > limit ? 'OVER ' : '     '}${weight.toFixed(1).padStart(7)} kB of ${limit}  ${name}\n`,
  );
};
say('entry', sum(entry), LIMIT.entry);
const pages = Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry && key.endsWith('.tsx'));
for (const key of pages.sort()) {
  const own = [...scripts(key)].filter((one) => !entry.has(one));
  const limit = key.includes('time_series_chart') ? 'charts' : key.includes('map_canvas') ? 'map' : 'route';
  say(key.replace('src/', ''), sum(own), LIMIT[limit]);
}
// What the forms of raw calls are drawn from: loaded when such a form is opened.
for (const key of Object.keys(manifest).filter((one) => one.startsWith('src/generated/'))) {
  say(key.replace('src/', ''), weigh(manifest[key].file), LIMIT.forms);
}
process.exit(heavy ? 1 : 0);
