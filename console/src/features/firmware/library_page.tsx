// The firmware library: files for stations, with their models, checksums and signatures.
import { Badge, Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFileZip, IconPlus, IconTrash, IconUpload } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { remove } from '../../api/client';
import { firmwareFiles, me } from '../../api/queries';
import type { FirmwareFile } from '../../api/shapes';
import { Can, useCan } from '../../components/can';
import { ask } from '../../components/confirm';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { Flag } from '../../components/status_badge';
import { UNKNOWN } from '../../format';
import { LIBRARY, size } from './facts';
import { FirmwareForm } from './firmware_form';

export function LibraryPage() {
  const { t, i18n } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const [adding, add] = useDisclosure(false);
  const [filling, setFilling] = useState<FirmwareFile | null>(null);
  const active = useQuery(me).data?.modules.includes(LIBRARY) ?? true;
  const query = useInfiniteQuery(firmwareFiles);
  const drop = useMutation({
    mutationFn: (file: FirmwareFile) => remove(`/firmware_files/${file.id}`),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['firmware_files'] }),
  });
  const may = can('firmware.library.upload', null);
  const erase = drop.mutate;
  const columns = useMemo<Column<FirmwareFile>[]>(
    () => [
      {
        id: 'version',
        head: t('firmware.version'),
        cell: (file) => (
          <>
            {file.version}
            <div className="sub mono">{file.name}</div>
          </>
        ),
      },
      {
        id: 'models',
        head: t('firmware.models'),
        cell: (file) => `${file.vendor}: ${file.models.join(', ')}`,
      },
      {
        id: 'size',
        from: 'tablet',
        right: true,
        head: t('firmware.size'),
        cell: (file) =>
          file.size_bytes === null ? (
            <Flag tone="busy" word={t('firmware.no_content')} />
          ) : (
            size(file.size_bytes, i18n.language)
          ),
      },
      {
        id: 'checksum',
        from: 'desktop',
        head: 'SHA-256',
        cell: (file) => (
          <span className="mono" title={file.sha256 ?? undefined}>
            {file.sha256 ? `${file.sha256.slice(0, 12)}…` : UNKNOWN}
          </span>
        ),
      },
      {
        id: 'signed',
        from: 'tablet',
        head: t('firmware.signature'),
        cell: (file) => (file.signed ? t('firmware.signed') : t('firmware.unsigned')),
      },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (file) =>
          may && (
            <Group gap={6} justify="flex-end" wrap="nowrap">
              {file.size_bytes === null && (
                <Button
                  size="compact-xs"
                  variant="light"
                  leftSection={<IconUpload size={14} />}
                  onClick={() => setFilling(file)}
                >
                  {t('firmware.upload')}
                </Button>
              )}
              <Button
                size="compact-xs"
                variant="subtle"
                color="red"
                leftSection={<IconTrash size={14} />}
                onClick={() =>
                  ask({
                    title: t('firmware.remove'),
                    text: t('firmware.remove_text', { version: file.version }),
                    yes: t('firmware.remove'),
                    red: true,
                    onYes: () => erase(file),
                  })
                }
              >
                {t('firmware.remove')}
              </Button>
            </Group>
          ),
      },
    ],
    [t, i18n.language, may, erase],
  );
  const create = (
    <Can do="firmware.library.upload">
      <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
        {t('firmware.add')}
      </Button>
    </Can>
  );
  return (
    <>
      <PageHead
        title={
          <Group gap={10}>
            {t('firmware.title')}
            {!active && <Badge variant="light">{t('firmware.addon')}</Badge>}
          </Group>
        }
        text={active ? t('firmware.text') : t('firmware.addon_text')}
      >
        {create}
      </PageHead>
      {drop.isError && <ProblemAlert error={drop.error} />}
      <PagedRead
        query={query}
        empty={
          <Empty
            icon={<IconFileZip size={22} />}
            title={t('firmware.none')}
            text={t('firmware.none_text')}
            action={create}
          />
        }
      >
        {(rows) => <DataTable label={t('firmware.title')} columns={columns} rows={rows} />}
      </PagedRead>
      {(adding || filling) && (
        <FirmwareForm
          file={filling ?? undefined}
          close={() => {
            add.close();
            setFilling(null);
          }}
        />
      )}
    </>
  );
}
