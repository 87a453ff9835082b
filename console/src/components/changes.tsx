// "12 changes · apply": rows that came or no longer belong are counted, and moved only when asked.
import { Button } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { hear, type LiveEvent } from '../api/live';

/** Counts objects of the stream that `misplaced` says are not where a fresh list would have them. */
export function useChanges(
  idOf: (event: LiveEvent) => string | null | undefined,
  misplaced: (id: string) => boolean,
) {
  const [ids, setIds] = useState<Set<string>>(new Set());
  useEffect(
    () =>
      hear((event) => {
        const id = idOf(event);
        if (!id || !misplaced(id)) return;
        setIds((old) => (old.has(id) ? old : new Set(old).add(id)));
      }),
    [idOf, misplaced],
  );
  return { count: ids.size, clear: () => setIds(new Set()) };
}

export function ApplyChanges({ count, apply }: { count: number; apply: () => void }) {
  const { t } = useTranslation();
  return (
    <span aria-live="polite">
      {count > 0 && (
        <Button size="xs" variant="light" leftSection={<IconRefresh size={14} />} onClick={apply}>
          {t('table.changes', { count })}
        </Button>
      )}
    </span>
  );
}
