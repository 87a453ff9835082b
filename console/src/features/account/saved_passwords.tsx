// Lock passwords that this account saved: found by a station's serial number, told one by one.
import { Button, Group, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconKey, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { savedPasswords } from '../../api/queries';
import type { SavedPassword } from '../../api/shapes';
import { CopyLine } from '../../components/copy_line';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Empty, ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';

export function SavedPasswords() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [q, setQ] = useState('');
  const [asked] = useDebouncedValue(q, 250);
  const query = useInfiniteQuery(savedPasswords(asked));
  const [told, setTold] = useState<{ id: string; password: string } | null>(null);
  const show = useMutation({
    mutationFn: (id: string) => post<{ password: string }>(`/saved_passwords/${id}/reveal`),
    onSuccess: (answer, id) => setTold({ id, password: answer.password }),
  });
  const forget = useMutation({
    mutationFn: (id: string) => remove(`/saved_passwords/${id}`),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['saved_passwords'] }),
  });
  const [reveal, drop] = [show.mutate, forget.mutate];
  const columns = useMemo<Column<SavedPassword>[]>(
    () => [
      {
        id: 'station',
        head: t('saved.station'),
        cell: (one) => (
          <>
            <Link to="/stations/$id/variables" params={{ id: one.station_id }}>
              {one.identity}
            </Link>
            {one.serial_number && <span className="sub"> · {one.serial_number}</span>}
            {one.outdated && <span className="sub"> · {t('saved.outdated')}</span>}
          </>
        ),
      },
      { id: 'at', from: 'tablet', head: t('saved.at'), cell: (one) => <Ago at={one.saved_at} /> },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (one) =>
          told?.id === one.station_id ? (
            <CopyLine text={told.password} what={t('lock.password')} />
          ) : (
            <Group gap={4} justify="flex-end">
              <Button
                size="compact-xs"
                variant="subtle"
                aria-label={t('saved.show_named', { name: one.identity })}
                onClick={() => reveal(one.station_id)}
              >
                {t('saved.show')}
              </Button>
              <Button
                size="compact-xs"
                variant="subtle"
                color="red"
                aria-label={t('saved.forget_named', { name: one.identity })}
                onClick={() => drop(one.station_id)}
              >
                {t('saved.forget')}
              </Button>
            </Group>
          ),
      },
    ],
    [t, told, reveal, drop],
  );
  return (
    <section style={{ marginTop: 28 }}>
      <h2>{t('saved.title')}</h2>
      <Text size="sm" c="dimmed" mb="sm">
        {t('saved.text')}
      </Text>
      <TextInput
        w={300}
        maw="100%"
        mb="sm"
        aria-label={t('saved.find')}
        placeholder={t('saved.find')}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={q}
        onChange={(event) => setQ(event.currentTarget.value)}
      />
      {show.isError && <ProblemAlert error={show.error} />}
      {forget.isError && <ProblemAlert error={forget.error} />}
      <PagedRead query={query} empty={<Empty icon={<IconKey size={22} />} title={t('saved.none')} />}>
        {(rows) => (
          <DataTable
            label={t('saved.title')}
            columns={columns}
            rows={rows}
            rowKey={(one) => one.station_id}
          />
        )}
      </PagedRead>
    </section>
  );
}
