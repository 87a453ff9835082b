import { expect, test } from 'vitest';
import { emptyPlan, note } from '../src/api/live';
import type { JobCounts } from '../src/api/shapes';
import { bodyOf, DEEDS, PACE } from '../src/features/jobs/deeds';
import { progress } from '../src/features/jobs/states';

const now = new Date('2026-03-02T12:00:00Z');
const deed = (key: string) => {
  const found = DEEDS.find((one) => one.key === key);
  if (!found) throw new Error(`there is no ${key}`);
  return found;
};

test('what was not filled in is left out of the body', () => {
  const target = { ids: ['stn_1'] };
  const body = bodyOf(deed('reset'), { kind: 'soft' }, PACE, target, now);
  expect(JSON.parse(JSON.stringify(body))).toEqual({
    kind: 'command',
    spec: { type: 'reset', params: { kind: 'soft' } },
    target,
    wait_for_idle: false,
    deadline: '2026-03-03T12:00:00.000Z',
  });
});

test('waves, bounds and an update become numbers and texts of the contract', () => {
  const pace = { ...PACE, waves: '1, 5 20', concurrency: '7', stop_on_failure_percent: '0', hours: '' };
  const values = { url: 'https://firmware.example/a.bin', version: '' };
  const body = bodyOf(deed('firmware'), values, pace, { filter: { online: true } }, now);
  expect(JSON.parse(JSON.stringify(body))).toEqual({
    kind: 'firmware',
    spec: { url: 'https://firmware.example/a.bin' },
    target: { filter: { online: true } },
    concurrency: 7,
    waves: [1, 5, 20],
    stop_on_failure_percent: 0,
    wait_for_idle: false,
  });
});

test('each deed needs the single permission and that for many', () => {
  for (const one of DEEDS) {
    expect(one.needs.some((need) => need.endsWith('.batch'))).toBe(true);
    expect(one.needs.some((need) => !need.endsWith('.batch'))).toBe(true);
  }
});

test('progress counts what has its outcome', () => {
  const counts = { stations: 10, waiting: 3, running: 2, succeeded: 4, failed: 1 } as JobCounts;
  expect(progress(counts)).toBe(0.5);
  expect(progress({ ...counts, stations: 0 })).toBe(1);
});

test('news of a job makes its page and the list stale', () => {
  const plan = note(emptyPlan(), { type: 'job.updated', at: now.toISOString(), job_id: 'job_1' });
  expect([...plan.keys.values()]).toEqual([['jobs'], ['job', 'job_1']]);
});
