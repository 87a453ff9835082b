// What one is told until one says that one has seen it; a secret in it is shown once.
import { Button, Group, Modal, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { notificationList } from '../../api/queries';
import type { Acknowledged, Notification } from '../../api/shapes';
import { CopyLine } from '../../components/copy_line';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';

export function NotificationsPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [which, setWhich] = useState('open');
  const query = useInfiniteQuery(notificationList(which === 'open'));
  const [secret, setSecret] = useState<string | null>(null);
  const seen = useMutation({
    mutationFn: (id: string) => post<Acknowledged>(`/notifications/${id}/acknowledge`),
    onSuccess: (answer) => {
      setSecret(answer.secret ?? null);
      void client.invalidateQueries({ queryKey: ['notifications'] });
    },
  });
  const acknowledge = seen.mutate;
  const columns = useMemo<Column<Notification>[]>(
    () => [
      {
        id: 'what',
        head: t('notes.what'),
        cell: (note) => (
          <span style={{ overflowWrap: 'anywhere' }}>
            {t(`notes.kind.${note.kind}`, {
              by: note.by ?? '',
              how: note.method ? t(`lock.method.${note.method}`) : '',
              names: note.settings.join(', '),
              condition: note.alert_kind ? t(`alerts.kind.${note.alert_kind}`) : '',
              model: note.firmware ? `${note.firmware.vendor} ${note.firmware.model}` : '',
              version: note.firmware?.version ?? '',
            })}
          </span>
        ),
      },
      {
        id: 'where',
        head: t('notes.where'),
        cell: (note) =>
          note.station_id ? (
            <Link
              to={note.alert_id ? '/stations/$id/live' : '/stations/$id/variables'}
              params={{ id: note.station_id }}
            >
              {note.station_identity ?? t('notes.station')}
            </Link>
          ) : (
            note.site_name
          ),
      },
      { id: 'at', from: 'tablet', head: t('notes.at'), cell: (note) => <Ago at={note.at} /> },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (note) =>
          note.acknowledged_at ? (
            <Ago at={note.acknowledged_at} />
          ) : (
            <Button size="compact-xs" variant="light" onClick={() => acknowledge(note.id)}>
              {note.has_secret ? t('notes.show') : t('notes.seen')}
            </Button>
          ),
      },
    ],
    [t, acknowledge],
  );
  return (
    <>
      <PageHead title={t('notes.title')} text={t('notes.text')} />
      <SegmentedControl
        aria-label={t('notes.which')}
        value={which}
        onChange={setWhich}
        data={[
          { value: 'open', label: t('notes.open') },
          { value: 'all', label: t('notes.all') },
        ]}
        mb="md"
      />
      {seen.isError && <ProblemAlert error={seen.error} />}
      <PagedRead
        query={query}
        empty={<Empty icon={<IconBell size={22} />} title={t('notes.none')} text={t('notes.none_text')} />}
      >
        {(rows) => <DataTable label={t('notes.title')} columns={columns} rows={rows} />}
      </PagedRead>
      <Modal
        opened={secret !== null}
        onClose={() => setSecret(null)}
        title={t('notes.secret')}
        closeButtonProps={{ 'aria-label': t('form.close') }}
      >
        <Stack>
          <Text>{t('notes.once')}</Text>
          <CopyLine text={secret ?? ''} what={t('lock.puk')} />
          <Group justify="flex-end">
            <Button onClick={() => setSecret(null)}>{t('form.close')}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
