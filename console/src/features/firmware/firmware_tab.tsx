// The firmware of one station: what it runs, what the library has for it, and how it was updated.
import { Alert, Badge, Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { IconDownload, IconFileZip, IconInfoCircle } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { firmwareUpdates, keys, stationFirmware } from '../../api/queries';
import type { Transfer } from '../../api/shapes';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Empty, ProblemAlert, Read } from '../../components/page_state';
import { Ago } from '../../components/values';
import { UNKNOWN } from '../../format';
import { issue } from '../commands/issue';
import { useStation } from '../stations/station_page';
import { TransferState } from './transfer_state';
import { TransportSelect } from './transport_select';

export function FirmwareTab() {
  const { t } = useTranslation();
  const { id, query: station } = useStation();
  const query = useQuery(stationFirmware(id));
  const history = useInfiniteQuery(firmwareUpdates(id));
  const [asking, setAsking] = useState(false);
  const online = station.data?.online ?? false;
  const columns = useMemo<Column<Transfer>[]>(
    () => [
      { id: 'at', head: t('transfer.asked'), cell: (one) => <Ago at={one.created_at} /> },
      { id: 'version', head: t('firmware.version'), cell: (one) => one.version ?? UNKNOWN },
      { id: 'state', head: t('transfer.stands'), cell: (one) => <TransferState transfer={one} /> },
      {
        id: 'by',
        from: 'tablet',
        head: t('transfer.by'),
        cell: (one) => one.issued_by?.name ?? UNKNOWN,
      },
      { id: 'end', from: 'desktop', head: t('transfer.ended'), cell: (one) => <Ago at={one.ended_at} /> },
    ],
    [t],
  );
  return (
    <Read query={query}>
      {(firmware) => (
        <Stack>
          <Group justify="space-between" align="flex-start">
            <div>
              <Text fw={600}>
                {t('firmware.runs', { version: firmware.version ?? t('firmware.untold') })}
              </Text>
              <Text size="sm" c="dimmed">
                {[firmware.vendor, firmware.model].filter(Boolean).join(' ')}
              </Text>
            </div>
            <Group gap={10}>
              {!firmware.has_library && <Badge variant="light">{t('firmware.addon')}</Badge>}
              <Button
                leftSection={<IconDownload size={16} />}
                disabled={!online || firmware.fitting.length === 0}
                onClick={() => setAsking(true)}
              >
                {t('firmware.update')}
              </Button>
            </Group>
          </Group>
          {!firmware.has_library && <Text size="sm">{t('firmware.addon_text')}</Text>}
          {firmware.updates[0] && (
            <Alert icon={<IconInfoCircle size={18} />}>
              {t('firmware.available', { version: firmware.updates[0].version })}
            </Alert>
          )}
          <PagedRead
            query={history}
            empty={
              <Empty
                icon={<IconFileZip size={22} />}
                title={t('firmware.never')}
                text={t('firmware.never_text')}
              />
            }
          >
            {(rows) => <DataTable label={t('firmware.history')} columns={columns} rows={rows} />}
          </PagedRead>
          {asking && (
            <UpdateWindow
              id={id}
              files={firmware.fitting}
              best={firmware.updates[0]?.id}
              close={() => setAsking(false)}
            />
          )}
        </Stack>
      )}
    </Read>
  );
}

function UpdateWindow({
  id,
  files,
  best,
  close,
}: {
  id: string;
  files: { id: string; version: string; name: string }[];
  best?: string;
  close: () => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [file, setFile] = useState(best ?? files[0]?.id ?? '');
  const [transport, setTransport] = useState('http');
  const order = useMutation({
    mutationFn: () => issue(id, 'update_firmware', { firmware_file_id: file, transport }),
    onSuccess: close,
    onSettled: () => void client.invalidateQueries({ queryKey: [...keys.station(id), 'firmware'] }),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t('firmware.update')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <Stack>
        {order.isError && <ProblemAlert error={order.error} />}
        <Text size="sm">{t('firmware.update_text')}</Text>
        <Select
          label={t('firmware.version')}
          allowDeselect={false}
          value={file}
          onChange={(value) => setFile(value ?? '')}
          data={files.map((one) => ({ value: one.id, label: `${one.version} (${one.name})` }))}
        />
        <TransportSelect value={transport} onChange={setTransport} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('form.cancel')}
          </Button>
          <Button loading={order.isPending} disabled={!file} onClick={() => order.mutate()}>
            {t('firmware.update')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
