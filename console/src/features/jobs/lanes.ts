// The lanes of a firmware campaign, by what its stations tell. The counts of a job know waiting, running and
// what came of it; how far the running ones are, only the stations themselves say.
import type { Job, JobItem } from '../../api/shapes';

export const LANES = ['waiting', 'downloading', 'installing', 'installed', 'failed', 'skipped'] as const;
export type Lane = (typeof LANES)[number];

export const laneOf = (item: Pick<JobItem, 'state' | 'phase'>): Lane => {
  switch (item.state) {
    case 'waiting':
      return 'waiting';
    case 'succeeded':
      return 'installed';
    case 'failed':
      return 'failed';
    case 'skipped':
    case 'cancelled':
      return 'skipped';
    default:
      // One that was asked and said nothing yet has begun with nothing.
      if (item.phase === 'downloading' || item.phase === 'downloaded') return 'downloading';
      if (item.phase === 'installing' || item.phase === 'rebooting' || item.phase === 'installed')
        return 'installing';
      return 'waiting';
  }
};

/** Which states of items a lane is read from. */
export const STATES: Record<Lane, JobItem['state'][]> = {
  waiting: ['waiting'],
  downloading: ['running'],
  installing: ['running'],
  installed: ['succeeded'],
  failed: ['failed'],
  skipped: ['skipped', 'cancelled'],
};

/** How many stations stand in each lane; `running` are all items that are under way. */
export function countLanes(counts: Job['counts'], running: JobItem[]): Record<Lane, number> {
  const under = { waiting: 0, downloading: 0, installing: 0 };
  for (const item of running) {
    const lane = laneOf(item);
    if (lane in under) under[lane as keyof typeof under] += 1;
  }
  // What was counted as running and is not among the items any more, or not yet, waits for the next look.
  const unseen = Math.max(0, counts.running - running.length);
  return {
    waiting: counts.waiting + under.waiting + unseen,
    downloading: under.downloading,
    installing: under.installing,
    installed: counts.succeeded,
    failed: counts.failed,
    skipped: counts.skipped + counts.cancelled,
  };
}
