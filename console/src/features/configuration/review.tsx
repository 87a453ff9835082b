// What the pending changes come to, before anything is wished: from, to, and what speaks against it.
import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { tag } from '../../api/client';
import { keys } from '../../api/queries';
import { Loading, ProblemAlert } from '../../components/page_state';
import { Flag } from '../../components/status_badge';
import { UNKNOWN } from '../../format';
import { change, type Diff, keyOf, type Name } from './reads';
import { SettingName } from './setting_name';

export type Pending = Map<string, { name: Name; value: string | null }>;

export function Review({
  id,
  pending,
  close,
  done,
}: {
  id: string;
  pending: Pending;
  close: () => void;
  done: () => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const path = `/stations/${id}/settings`;
  const body = { values: [...pending.values()] };
  // Looked at and applied on the same revision: what changed meanwhile is looked at again.
  const looked = useQuery({
    queryKey: [...keys.station(id), 'diff', body],
    queryFn: async () => {
      const etag = await tag(`/stations/${id}/configuration`);
      return { etag, diff: await change<Diff>(path, body, etag, { dry_run: true }) };
    },
    staleTime: 0,
    gcTime: 0,
  });
  const apply = useMutation({
    mutationFn: () => change<Diff>(path, body, looked.data?.etag ?? ''),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.station(id) });
      done();
    },
  });
  const rows = looked.data?.diff.values ?? [];
  const bad = rows.some((row) => row.locked || row.misfit);
  return (
    <Modal
      opened
      size="xl"
      onClose={close}
      title={t('configuration.review')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <Stack>
        {looked.isPending && <Loading rows={3} />}
        {looked.isError && <ProblemAlert error={looked.error} />}
        {apply.isError && <ProblemAlert error={apply.error} />}
        {looked.data && (
          <Table aria-label={t('configuration.review')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('variables.name')}</Table.Th>
                <Table.Th>{t('configuration.from')}</Table.Th>
                <Table.Th>{t('configuration.to')}</Table.Th>
                <Table.Th>{t('configuration.notes')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <Table.Tr key={keyOf(row.name)}>
                  <Table.Td>
                    <SettingName name={row.name} />
                  </Table.Td>
                  <Table.Td className="mono">{row.from ?? UNKNOWN}</Table.Td>
                  <Table.Td className="mono">{row.to ?? t('configuration.forgotten')}</Table.Td>
                  <Table.Td>
                    {row.locked && <Flag word={t('configuration.state.locked')} />}
                    {row.misfit && <Flag word={t(`configuration.misfit.${row.misfit}`)} />}
                    {row.needs_reboot && <Flag tone="busy" word={t('configuration.needs_reboot')} />}
                    {!row.changes && row.to != null && (
                      <span className="sub">{t('configuration.no_change')}</span>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        {bad && (
          <Text size="sm" c="red">
            {t('configuration.refused')}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('form.cancel')}
          </Button>
          <Button disabled={!looked.data || bad} loading={apply.isPending} onClick={() => apply.mutate()}>
            {t('configuration.apply')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
