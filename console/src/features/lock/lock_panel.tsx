// The lock of a station's settings: its padlock in three states, and the verbs that go with each.
import { Alert, Button, Group, Stack, Table, Text } from '@mantine/core';
import { IconLock, IconLockOpen } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import { keys, stationLock } from '../../api/queries';
import type { StationLock } from '../../api/shapes';
import { useCan } from '../../components/can';
import { ProblemAlert } from '../../components/page_state';
import { dateTime, UNKNOWN } from '../../format';
import type { Verb } from './verbs';

const LockWindow = lazy(() => import('./lock_window'));
const Frozen = lazy(() => import('./frozen'));

export function LockPanel({ id, online }: { id: string; online: boolean }) {
  const { t } = useTranslation();
  const can = useCan();
  const query = useQuery(stationLock(id));
  const client = useQueryClient();
  const [verb, setVerb] = useState<Verb | null>(null);
  const [listed, setListed] = useState(false);
  const keep = (lock: StationLock) => {
    client.setQueryData([...keys.station(id), 'lock'], lock);
    // Which of them it keeps back.
    void client.invalidateQueries({ queryKey: [...keys.station(id), 'settings'] });
  };
  const close = useMutation({
    mutationFn: () => post<StationLock>(`/stations/${id}/lock/close`),
    onSuccess: keep,
  });
  if (query.isError) return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  const data = query.data;
  if (!data) return null;
  const may = can('stations.configure');
  const held = data.lock;
  return (
    <section className="card" aria-label={t('lock.title')} style={{ marginBottom: 16 }}>
      <Group justify="space-between" align="flex-start" gap="md">
        <Group gap={12} align="flex-start" wrap="nowrap" style={{ minWidth: 0, flex: 1 }}>
          <Padlock state={data.padlock} />
          <div style={{ minWidth: 0 }}>
            <Text fw={600}>{t(`lock.padlock.${data.padlock}`)}</Text>
            {held && (
              <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {[
                  t('lock.by', { name: held.locked_by, at: dateTime(held.locked_at) }),
                  held.contact && t('lock.contact_is', { contact: held.contact }),
                  held.cap_a !== null && held.cap_a !== undefined && t('lock.cap_is', { n: held.cap_a }),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </Text>
            )}
            {data.removed && (
              <Text size="sm" c="dimmed">
                {t('lock.removed', {
                  name: data.removed.by,
                  at: dateTime(data.removed.at),
                  how: t(`lock.method.${data.removed.method}`),
                })}
              </Text>
            )}
          </div>
        </Group>
        <Group gap="xs">
          {!held && may && (
            <Button
              variant="default"
              leftSection={<IconLock size={15} />}
              disabled={!online}
              title={online ? undefined : t('lock.offline')}
              onClick={() => setVerb('lock')}
            >
              {t('lock.lock')}
            </Button>
          )}
          {data.padlock === 'closed' && may && (
            <Button leftSection={<IconLockOpen size={15} />} onClick={() => setVerb('unlock')}>
              {t('lock.unlock')}
            </Button>
          )}
          {data.padlock === 'open' && (
            <>
              <Button variant="default" loading={close.isPending} onClick={() => close.mutate()}>
                {t('lock.close')}
              </Button>
              <Button variant="default" onClick={() => setVerb('password')}>
                {t('lock.change')}
              </Button>
            </>
          )}
          {held && may && (
            <Button variant="subtle" color="red" onClick={() => setVerb('remove')}>
              {t('lock.remove')}
            </Button>
          )}
          {data.padlock === 'closed' && data.owner && (
            <Button variant="subtle" onClick={() => setVerb('lost')}>
              {t('lock.lost')}
            </Button>
          )}
        </Group>
      </Group>
      {held && (
        <Button
          size="compact-sm"
          variant="subtle"
          mt="xs"
          aria-expanded={listed}
          onClick={() => setListed(!listed)}
        >
          {t('lock.protects', { count: held.frozen.length })}
        </Button>
      )}
      {held && listed && (
        <Suspense fallback={null}>
          <Frozen id={id} held={held} open={data.padlock === 'open'} keep={keep} />
        </Suspense>
      )}
      {close.isError && <ProblemAlert error={close.error} />}
      {held && held.drift.length > 0 && (
        <Drift id={id} lock={data} keep={keep} open={data.padlock === 'open'} />
      )}
      {verb && (
        <Suspense fallback={null}>
          <LockWindow id={id} lock={data} verb={verb} keep={keep} close={() => setVerb(null)} />
        </Suspense>
      )}
    </section>
  );
}

function Padlock({ state }: { state: StationLock['padlock'] }) {
  if (state === 'closed') return <IconLock size={22} aria-hidden />;
  if (state === 'open') return <IconLockOpen size={22} aria-hidden />;
  // No icon: no lock.
  return null;
}

function Drift({
  id,
  lock,
  keep,
  open,
}: {
  id: string;
  lock: StationLock;
  keep: (lock: StationLock) => void;
  open: boolean;
}) {
  const { t } = useTranslation();
  const settle = useMutation({
    mutationFn: () => patch<StationLock>(`/stations/${id}/lock`, { settle: true }),
    onSuccess: keep,
  });
  const held = lock.lock;
  if (!held) return null;
  return (
    <Alert color="red" variant="light" mt="md" title={t(`lock.state.${held.state}`)}>
      <Stack gap="xs">
        <div style={{ overflowX: 'auto' }}>
          <Table aria-label={t('lock.drift')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('variables.name')}</Table.Th>
                <Table.Th>{t('lock.wished')}</Table.Th>
                <Table.Th>{t('lock.found')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {held.drift.map((one) => (
                <Table.Tr key={JSON.stringify(one.name)}>
                  <Table.Td>
                    {[one.name.component, one.name.variable].filter(Boolean).join('.')}
                    <span className="sub"> · {t(`lock.sphere.${one.sphere}`)}</span>
                  </Table.Td>
                  <Table.Td className="mono">{one.wished}</Table.Td>
                  <Table.Td className="mono">{one.found ?? UNKNOWN}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
        {settle.isError && <ProblemAlert error={settle.error} />}
        {open && (
          <Group>
            <Button size="xs" variant="default" loading={settle.isPending} onClick={() => settle.mutate()}>
              {t('lock.settle')}
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
