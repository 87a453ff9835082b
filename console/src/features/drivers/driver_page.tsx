// One driver: who it is, their tokens, what they charged, and what was done to the record.
import { Button, Group, Select, Stack } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconIdBadge2, IconPencil, IconReceipt2 } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, put, remove } from '../../api/client';
import { driver, driverSessions, driverTag, driverTokens, tokens } from '../../api/queries';
import type { Driver, Token } from '../../api/shapes';
import { Can, useCan } from '../../components/can';
import { ask } from '../../components/confirm';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Empty, Loading, PageHead, ProblemAlert, Read } from '../../components/page_state';
import { Ago } from '../../components/values';
import { UNKNOWN } from '../../format';
import { History } from '../audit/history';
import { SessionTable } from '../sessions/session_table';
import { DriverForm } from './driver_form';
import { DriverState } from './driver_state';

export function DriverPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { id } = useParams({ from: '/shell/drivers/$id' });
  const query = useQuery(driver(id));
  const [editing, edit] = useDisclosure(false);
  // Read anew when the window opens: what is changed is what was shown.
  const tag = useQuery({ ...driverTag(id), enabled: editing });
  const again = () => {
    void client.invalidateQueries({ queryKey: ['driver', id] });
    void client.invalidateQueries({ queryKey: ['drivers'] });
  };
  const flip = useMutation({
    mutationFn: (state: Driver['state']) => patch<Driver>(`/drivers/${id}`, { state }),
    onSuccess: again,
  });
  const erase = useMutation({ mutationFn: () => remove(`/drivers/${id}`), onSuccess: again });
  const data = query.data;
  if (!data) {
    return query.isError ? (
      <ProblemAlert error={query.error} retry={() => void query.refetch()} />
    ) : (
      <Loading rows={8} />
    );
  }
  const failed = flip.error ?? erase.error;
  return (
    <>
      <PageHead
        title={
          <Group gap={10}>
            {data.name || t('drivers.erased')}
            <DriverState state={data.state} />
          </Group>
        }
        text={data.erased_at ? t('drivers.erased_text') : data.reference}
      >
        {!data.erased_at && (
          <Can do="drivers.edit">
            <Button variant="default" leftSection={<IconPencil size={15} />} onClick={edit.open}>
              {t('drivers.change')}
            </Button>
            {data.state === 'active' ? (
              <Button
                variant="default"
                loading={flip.isPending}
                onClick={() =>
                  ask({
                    title: t('drivers.block'),
                    text: t('drivers.block_text', { name: data.name }),
                    yes: t('drivers.block'),
                    red: true,
                    onYes: () => flip.mutate('blocked'),
                  })
                }
              >
                {t('drivers.block')}
              </Button>
            ) : (
              <Button variant="default" loading={flip.isPending} onClick={() => flip.mutate('active')}>
                {t('drivers.activate')}
              </Button>
            )}
            {data.state !== 'archived' && (
              <Button variant="default" loading={flip.isPending} onClick={() => flip.mutate('archived')}>
                {t('drivers.archive')}
              </Button>
            )}
            <Button
              variant="subtle"
              color="red"
              loading={erase.isPending}
              onClick={() =>
                ask({
                  title: t('drivers.erase'),
                  text: t('drivers.erase_text', { name: data.name }),
                  yes: t('drivers.erase'),
                  red: true,
                  onYes: () => erase.mutate(),
                })
              }
            >
              {t('drivers.erase')}
            </Button>
          </Can>
        )}
      </PageHead>
      {failed && <ProblemAlert error={failed} />}
      <Stack gap="lg">
        <section className="card">
          <dl className="facts">
            {(['email', 'phone', 'plate', 'contract_id', 'language', 'note'] as const).map((field) => (
              <div key={field}>
                <dt>{t(`drivers.${field}`)}</dt>
                <dd style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{data[field] ?? UNKNOWN}</dd>
              </div>
            ))}
          </dl>
        </section>
        <Tokens id={id} open={!data.erased_at} />
        <Can do="driver_history.activity">
          <Charged id={id} />
        </Can>
        <History object={id} />
      </Stack>
      {editing && tag.data && <DriverForm driver={data} tag={tag.data} close={edit.close} done={again} />}
    </>
  );
}

function Tokens({ id, open }: { id: string; open: boolean }) {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const query = useQuery(driverTokens(id));
  const again = () => {
    void client.invalidateQueries({ queryKey: ['driver', id] });
    void client.invalidateQueries({ queryKey: ['tokens'] });
  };
  const detach = useMutation({
    mutationFn: (token: string) => remove(`/drivers/${id}/tokens/${token}`),
    onSuccess: again,
  });
  const attach = useMutation({
    mutationFn: (token: string) => put<void>(`/drivers/${id}/tokens/${token}`, undefined),
    onSuccess: again,
  });
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 250);
  const found = useInfiniteQuery(tokens({ q }));
  const free = (found.data?.pages[0]?.data ?? []).filter((token) => !token.driver_id);
  const may = can('tokens.edit', null) && open;
  const drop = detach.mutate;
  const columns = useMemo<Column<Token>[]>(
    () => [
      { id: 'uid', head: t('tokens.uid'), cell: (token) => <span className="mono">{token.uid}</span> },
      { id: 'label', from: 'tablet', head: t('tokens.label'), cell: (token) => token.label ?? UNKNOWN },
      { id: 'used', head: t('drivers.used'), cell: (token) => <Ago at={token.last_used_at} /> },
      ...(may
        ? [
            {
              id: 'do',
              head: t('tokens.actions'),
              right: true,
              cell: (token: Token) => (
                <Button
                  size="compact-xs"
                  variant="subtle"
                  aria-label={t('drivers.detach_named', { name: token.uid })}
                  onClick={() => drop(token.id)}
                >
                  {t('drivers.detach')}
                </Button>
              ),
            },
          ]
        : []),
    ],
    [t, may, drop],
  );
  const failed = detach.error ?? attach.error;
  return (
    <section>
      <h2>{t('drivers.tokens')}</h2>
      {failed && <ProblemAlert error={failed} />}
      <Read query={query} rows={3}>
        {(page) =>
          page.data.length === 0 ? (
            <div className="card">
              <Empty icon={<IconIdBadge2 size={22} />} title={t('drivers.no_tokens')} />
            </div>
          ) : (
            <DataTable label={t('drivers.tokens')} columns={columns} rows={page.data} complete />
          )
        }
      </Read>
      {may && (
        <Select
          mt="sm"
          w={320}
          maw="100%"
          searchable
          label={t('drivers.attach')}
          placeholder={t('drivers.attach_text')}
          value={null}
          searchValue={text}
          onSearchChange={setText}
          // The server has searched; here nothing is left out.
          filter={({ options }) => options}
          nothingFoundMessage={t('drivers.no_free')}
          data={free.map((token) => ({
            value: token.id,
            label: [token.uid, token.label].filter(Boolean).join(' · '),
          }))}
          onChange={(token) => token && attach.mutate(token)}
        />
      )}
    </section>
  );
}

function Charged({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(driverSessions(id));
  return (
    <section>
      <h2>{t('drivers.charged')}</h2>
      <PagedRead query={query} empty={<Empty icon={<IconReceipt2 size={22} />} title={t('sessions.none')} />}>
        {(rows) => <SessionTable rows={rows} complete={!query.hasNextPage} />}
      </PagedRead>
    </section>
  );
}
