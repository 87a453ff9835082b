// What is chosen of the fleet, and the way to do something with it.
import { Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconListCheck } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Target } from '../jobs/deeds';

const NewJob = lazy(() => import('../jobs/new_job'));

export type Chosen = { ids: string[]; all: boolean };

export function BulkBar({
  chosen,
  filter,
  choose,
}: {
  chosen: Chosen;
  filter: Record<string, unknown>;
  choose: (next: Chosen) => void;
}) {
  const { t } = useTranslation();
  const [making, make] = useDisclosure(false);
  if (!chosen.all && chosen.ids.length === 0) return null;
  const target: Target = chosen.all ? { filter } : { ids: chosen.ids };
  return (
    <section className="card" aria-label={t('jobs.bulk')} style={{ marginBottom: 12, padding: '10px 16px' }}>
      <Group>
        <Text size="sm" fw={600} role="status">
          {chosen.all ? t('jobs.chosen_all') : t('jobs.chosen', { count: chosen.ids.length })}
        </Text>
        {!chosen.all && (
          <Button variant="subtle" size="compact-sm" onClick={() => choose({ ids: [], all: true })}>
            {t('jobs.choose_all')}
          </Button>
        )}
        <Button variant="subtle" size="compact-sm" onClick={() => choose({ ids: [], all: false })}>
          {t('jobs.choose_none')}
        </Button>
        <div style={{ flex: 1 }} />
        <Button leftSection={<IconListCheck size={16} />} onClick={make.open}>
          {t('jobs.do')}
        </Button>
      </Group>
      {making && (
        <Suspense>
          <NewJob target={target} close={make.close} />
        </Suspense>
      )}
    </section>
  );
}
