// A list as a file, as it is filtered here; for whoever has the right to take it away.
import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { callBlob, Problem, type Query } from '../api/client';
import type { Permission } from '../api/shapes';
import { CanOrAddOn } from './add_on';

const KINDS = {
  csv: 'text/csv',
  jsonl: 'application/jsonl',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;
type Kind = keyof typeof KINDS;

type Props = {
  path: string;
  query?: Query;
  name: string;
  need: Permission;
  /** Whether it is of use line by line as JSON too. */
  lines?: boolean;
};

export function Download({ path, query, name, need, lines = false }: Props) {
  const { t } = useTranslation();
  const save = useMutation({
    mutationFn: async (kind: Kind) => {
      const blob = await callBlob('GET', path, { query, headers: { accept: KINDS[kind] } });
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = `${name}.${kind}`;
      link.click();
      URL.revokeObjectURL(link.href);
    },
    onError: (error) =>
      notifications.show({
        color: 'red',
        title: t('download.failed'),
        message: error instanceof Problem ? (error.detail ?? error.title) : String(error),
      }),
  });
  return (
    <CanOrAddOn do={need} word={t('download.button')}>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" leftSection={<IconDownload size={16} />} loading={save.isPending}>
            {t('download.button')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => save.mutate('csv')}>CSV</Menu.Item>
          {lines && <Menu.Item onClick={() => save.mutate('jsonl')}>JSON Lines</Menu.Item>}
          <Menu.Item onClick={() => save.mutate('xlsx')}>Excel</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </CanOrAddOn>
  );
}
