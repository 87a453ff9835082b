// The bar of a job: what is done, what failed, what was skipped, what is under way.
import { Progress } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { JobCounts } from '../../api/shapes';

const PARTS = [
  ['succeeded', 'teal.7'],
  ['failed', 'red.7'],
  ['skipped', 'yellow.7'],
  ['cancelled', 'gray.6'],
  ['running', 'blue.6'],
] as const;

export function JobBar({ counts, size = 'lg' }: { counts: JobCounts; size?: string }) {
  const { t } = useTranslation();
  const all = Math.max(1, counts.stations);
  return (
    <Progress.Root size={size} radius="xl">
      {PARTS.filter(([part]) => counts[part] > 0).map(([part, color]) => (
        <Progress.Section
          key={part}
          value={(100 * counts[part]) / all}
          color={color}
          striped={part === 'running'}
          aria-label={`${t(`jobs.item.${part}`)}: ${counts[part]}`}
        />
      ))}
    </Progress.Root>
  );
}
