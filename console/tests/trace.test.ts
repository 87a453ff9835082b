import { expect, test } from 'vitest';
import type { Attempt, StrangerFrame } from '../src/api/shapes';
import { merged, whose } from '../src/features/connect/trace';

test('an address is told from a name', () => {
  expect(whose('192.168.1.20')).toEqual({ remote_ip: '192.168.1.20' });
  expect(whose('fe80::1')).toEqual({ remote_ip: 'fe80::1' });
  for (const name of ['DEPOT-07', '1.2.3', 'cafe', '10.0.0.1.example'])
    expect(whose(name)).toEqual({ identity: name });
});

test('calls and frames are one list, the newest first', () => {
  const at = (second: number) => `2026-11-30T10:00:0${second}Z`;
  const attempt = { id: 'a', at: at(1), remote_ip: '::1' } as Attempt;
  const frame = (id: string, second: number) => ({ id, at: at(second), remote_ip: '::1' }) as StrangerFrame;
  const lines = merged([attempt], [frame('f3', 2), frame('f2', 2), frame('f1', 0)]);
  expect(lines.map((line) => line.id)).toEqual(['f3', 'f2', 'a', 'f1']);
});
