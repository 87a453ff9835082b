// How a job and each of its stations stand: an icon, a word and a colour; and who may make which job.
import {
  IconAlertTriangle,
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconClockPause,
  IconHandStop,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipForward,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job, JobCounts, JobItem, Permission } from '../../api/shapes';
import { Pill, type Tone } from '../../components/status_badge';

type Look = { tone: Tone; icon: ComponentType<{ size?: number; stroke?: number }> };

const JOB: Record<Job['state'], Look> = {
  running: { tone: 'active', icon: IconPlayerPlay },
  paused: { tone: 'hold', icon: IconPlayerPause },
  stopped: { tone: 'bad', icon: IconHandStop },
  cancelled: { tone: 'off', icon: IconBan },
  done: { tone: 'ok', icon: IconCircleCheck },
};
const ITEM: Record<JobItem['state'], Look> = {
  waiting: { tone: 'off', icon: IconCircleDashed },
  running: { tone: 'busy', icon: IconClockPause },
  succeeded: { tone: 'ok', icon: IconCircleCheck },
  failed: { tone: 'bad', icon: IconAlertTriangle },
  skipped: { tone: 'hold', icon: IconPlayerSkipForward },
  cancelled: { tone: 'off', icon: IconBan },
};
export const ITEM_STATES = Object.keys(ITEM) as JobItem['state'][];

export function JobState({ state }: { state: Job['state'] }) {
  const { t } = useTranslation();
  return <Pill {...JOB[state]} word={t(`jobs.state_is.${state}`)} />;
}

export function ItemState({ item }: { item: JobItem }) {
  const { t } = useTranslation();
  const phase = item.state === 'running' && item.phase ? t(`jobs.phase.${item.phase}`) : null;
  return <Pill {...ITEM[item.state]} word={phase ?? t(`jobs.item.${item.state}`)} />;
}

export const open = (job: Job) => ['running', 'paused', 'stopped'].includes(job.state);

/** How far a job is, from 0 to 1: every station that has its outcome. */
export const progress = (counts: JobCounts) =>
  counts.stations === 0 ? 1 : (counts.stations - counts.waiting - counts.running) / counts.stations;

/** Whoever has one of these sees the jobs page. */
export const BATCHES: Permission[] = [
  'stations.control.batch',
  'stations.firmware.batch',
  'stations.configure.batch',
  'stations.edit.batch',
];
