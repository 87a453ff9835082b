// Logs of one station: asked for, on their way, read and downloaded.
import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { IconDownload, IconEye, IconFileText, IconReportSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { callText, post } from '../../api/client';
import { diagnostics, keys } from '../../api/queries';
import type { Transfer } from '../../api/shapes';
import { useCan } from '../../components/can';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Empty, Loading, ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';
import { UNKNOWN } from '../../format';
import { size } from '../firmware/facts';
import { TransferState } from '../firmware/transfer_state';
import { TransportSelect } from '../firmware/transport_select';
import { useStation } from '../stations/station_page';

const address = (one: Transfer) => `/stations/${one.station_id}/diagnostics/${one.id}/file`;

export function DiagnosticsTab() {
  const { t, i18n } = useTranslation();
  const can = useCan();
  const { id, query: station } = useStation();
  const query = useInfiniteQuery(diagnostics(id));
  const [asking, setAsking] = useState(false);
  const [shown, setShown] = useState<Transfer | null>(null);
  const online = station.data?.online ?? false;
  // A log can name drivers.
  const reads = can('drivers.view', null);
  const columns = useMemo<Column<Transfer>[]>(
    () => [
      { id: 'at', head: t('transfer.asked'), cell: (one) => <Ago at={one.created_at} /> },
      { id: 'kind', head: t('diagnostics.kind'), cell: (one) => t(`transfer.kind.${one.kind}`) },
      { id: 'state', head: t('transfer.stands'), cell: (one) => <TransferState transfer={one} /> },
      {
        id: 'file',
        from: 'tablet',
        head: t('diagnostics.file'),
        cell: (one) =>
          one.file ? (
            <>
              <span className="mono">{one.file.name}</span>
              <div className="sub">{size(one.file.size_bytes, i18n.language)}</div>
            </>
          ) : (
            UNKNOWN
          ),
      },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (one) =>
          one.file &&
          reads && (
            <Group gap={6} justify="flex-end" wrap="nowrap">
              <Button
                size="compact-xs"
                variant="light"
                leftSection={<IconEye size={14} />}
                onClick={() => setShown(one)}
              >
                {t('diagnostics.view')}
              </Button>
              <Button
                size="compact-xs"
                variant="subtle"
                component="a"
                href={`/api/v1${address(one)}`}
                download={one.file.name}
                leftSection={<IconDownload size={14} />}
              >
                {t('diagnostics.download')}
              </Button>
            </Group>
          ),
      },
    ],
    [t, i18n.language, reads],
  );
  const get = (
    <Button leftSection={<IconReportSearch size={16} />} disabled={!online} onClick={() => setAsking(true)}>
      {t('diagnostics.get')}
    </Button>
  );
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm">{reads ? t('diagnostics.text') : t('diagnostics.text_hidden')}</Text>
        {get}
      </Group>
      <PagedRead
        query={query}
        empty={
          <Empty
            icon={<IconFileText size={22} />}
            title={t('diagnostics.none')}
            text={t('diagnostics.none_text')}
          />
        }
      >
        {(rows) => <DataTable label={t('diagnostics.title')} columns={columns} rows={rows} />}
      </PagedRead>
      {asking && <AskWindow id={id} close={() => setAsking(false)} />}
      {shown && <Viewer transfer={shown} close={() => setShown(null)} />}
    </Stack>
  );
}

function AskWindow({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [kind, setKind] = useState('diagnostics');
  const [transport, setTransport] = useState('http');
  const order = useMutation({
    mutationFn: () => post<Transfer>(`/stations/${id}/diagnostics`, { kind, transport }),
    onSuccess: close,
    onSettled: () => void client.invalidateQueries({ queryKey: [...keys.station(id), 'diagnostics'] }),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t('diagnostics.get')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <Stack>
        {order.isError && <ProblemAlert error={order.error} />}
        <Select
          label={t('diagnostics.kind')}
          allowDeselect={false}
          value={kind}
          onChange={(value) => setKind(value ?? 'diagnostics')}
          data={(['diagnostics', 'security'] as const).map((one) => ({
            value: one,
            label: t(`transfer.kind.${one}`),
          }))}
        />
        <TransportSelect value={transport} onChange={setTransport} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('form.cancel')}
          </Button>
          <Button loading={order.isPending} onClick={() => order.mutate()}>
            {t('diagnostics.get')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** The first MiB of a log, as text. */
function Viewer({ transfer, close }: { transfer: Transfer; close: () => void }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ['diagnostics', transfer.id, 'text'],
    queryFn: ({ signal }) => callText('GET', address(transfer), { query: { head: true }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const cut = (transfer.file?.size_bytes ?? 0) > 1024 * 1024;
  return (
    <Modal
      opened
      onClose={close}
      size="xl"
      title={transfer.file?.name}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <Stack>
        {query.isError && <ProblemAlert error={query.error} />}
        {query.isPending && <Loading rows={8} />}
        {cut && <Text size="sm">{t('diagnostics.cut')}</Text>}
        {query.data !== undefined && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it by key
          <pre className="mono logtext" tabIndex={0}>
            {query.data}
          </pre>
        )}
      </Stack>
    </Modal>
  );
}
