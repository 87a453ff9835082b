// The rail, the palette and the keys.
import { expect, test } from 'vitest';
import { PLACES } from '../src/features/shell/places';

test('no two places have the same key, address or word', () => {
  for (const part of ['key', 'to', 'word'] as const) {
    const all = PLACES.map((place) => place[part]).filter(Boolean);
    expect(new Set(all).size, part).toBe(all.length);
  }
});
