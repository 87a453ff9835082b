// Tokens: cards and the like that may start a charge.
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconBan, IconCircleCheck, IconIdBadge2, IconPlus, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post, remove } from '../../api/client';
import { tokens } from '../../api/queries';
import type { Token } from '../../api/shapes';
import { CanOrAddOn } from '../../components/add_on';
import { Can, useCan } from '../../components/can';
import { ask } from '../../components/confirm';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Download } from '../../components/download';
import { formErrors } from '../../components/form_errors';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { Pill } from '../../components/status_badge';
import { Ago } from '../../components/values';
import { dateTime, UNKNOWN } from '../../format';
import { History } from '../audit/history';

const KINDS = ['iso14443', 'iso15693', 'emaid', 'central', 'local', 'key_code', 'mac_address'] as const;

export function TokensPage() {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 250);
  const [adding, add] = useDisclosure(false);
  const [editing, setEditing] = useState<Token | null>(null);
  const query = useInfiniteQuery(tokens({ q }));
  const again = () => void client.invalidateQueries({ queryKey: ['tokens'] });
  const flip = useMutation({
    mutationFn: (token: Token) =>
      patch<Token>(`/tokens/${token.id}`, { state: token.state === 'active' ? 'blocked' : 'active' }),
    onSuccess: again,
  });
  const drop = useMutation({ mutationFn: (token: Token) => remove(`/tokens/${token.id}`), onSuccess: again });
  const mayEdit = can('tokens.edit', null);
  // the mutations keep their identity
  const columns = useMemo<Column<Token>[]>(
    () => [
      {
        id: 'uid',
        head: t('tokens.uid'),
        sort: (token) => token.uid,
        cell: (token) => <span className="mono">{token.uid}</span>,
      },
      {
        id: 'label',
        head: t('tokens.label'),
        sort: (token) => token.label,
        cell: (token) => <span style={{ whiteSpace: 'nowrap' }}>{token.label ?? UNKNOWN}</span>,
      },
      {
        id: 'kind',
        from: 'desktop',
        head: t('tokens.kind'),
        cell: (token) => (token.kind ? t(`token_kind.${token.kind}`, { defaultValue: token.kind }) : UNKNOWN),
      },
      {
        id: 'state',
        head: t('stations.state'),
        cell: (token) =>
          token.state === 'active' ? (
            <Pill tone="ok" icon={IconCircleCheck} word={t('tokens.active')} />
          ) : (
            <Pill tone="bad" icon={IconBan} word={t('tokens.blocked')} />
          ),
      },
      { id: 'group', from: 'desktop', head: t('tokens.group'), cell: (token) => token.group ?? UNKNOWN },
      {
        id: 'expires',
        from: 'desktop',
        head: t('tokens.expires'),
        cell: (token) => dateTime(token.expires_at),
      },
      {
        id: 'used',
        from: 'tablet',
        head: t('tokens.used'),
        sort: (token) => token.last_used_at,
        cell: (token) => <Ago at={token.last_used_at} />,
      },
      ...(mayEdit
        ? [
            {
              id: 'do',
              head: t('tokens.actions'),
              right: true,
              cell: (token: Token) => (
                <Group gap={4} justify="flex-end" wrap="nowrap">
                  <Button size="compact-xs" variant="subtle" onClick={() => setEditing(token)}>
                    {t('form.edit')}
                  </Button>
                  <Button size="compact-xs" variant="subtle" color="gray" onClick={() => flip.mutate(token)}>
                    {token.state === 'active' ? t('tokens.block') : t('tokens.unblock')}
                  </Button>
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    color="red"
                    onClick={() =>
                      ask({
                        title: t('tokens.delete'),
                        text: t('tokens.delete_text', { uid: token.uid }),
                        yes: t('tokens.delete'),
                        red: true,
                        onYes: () => drop.mutate(token),
                      })
                    }
                  >
                    {t('form.delete')}
                  </Button>
                </Group>
              ),
            },
          ]
        : []),
    ],
    [t, mayEdit],
  );
  return (
    <>
      <PageHead title={t('nav.tokens')} text={t('tokens.text')}>
        <Download path="/tokens" query={{ q }} name="tokens" need="drivers.report" />
        <CanOrAddOn do="tokens.edit" at={null} word={t('tokens.add')}>
          <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
            {t('tokens.add')}
          </Button>
        </CanOrAddOn>
      </PageHead>
      <div className="filters">
        <TextInput
          data-filter
          w={280}
          aria-label={t('tokens.find')}
          placeholder={t('tokens.find')}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={<kbd className="key">/</kbd>}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      {(flip.isError || drop.isError) && <ProblemAlert error={flip.error ?? drop.error} />}
      <PagedRead
        query={query}
        empty={
          <Empty
            icon={<IconIdBadge2 size={22} />}
            title={q ? t('tokens.none_match') : t('tokens.none')}
            text={q ? undefined : t('tokens.none_text')}
            action={
              q ? undefined : (
                <Can do="tokens.edit">
                  <Button onClick={add.open}>{t('tokens.add')}</Button>
                </Can>
              )
            }
          />
        }
      >
        {(rows) => (
          <DataTable label={t('nav.tokens')} columns={columns} rows={rows} complete={!query.hasNextPage} />
        )}
      </PagedRead>
      {(adding || editing) && (
        <TokenForm
          token={editing}
          close={() => {
            add.close();
            setEditing(null);
          }}
          saved={again}
        />
      )}
    </>
  );
}

function TokenForm({ token, close, saved }: { token: Token | null; close: () => void; saved: () => void }) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: {
      uid: token?.uid ?? '',
      kind: token?.kind ?? 'iso14443',
      label: token?.label ?? '',
      group: token?.group ?? '',
      expires_at: token?.expires_at?.slice(0, 16) ?? '',
    },
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      const common = {
        label: values.label || null,
        group: values.group || null,
        expires_at: values.expires_at ? new Date(`${values.expires_at}Z`).toISOString() : null,
      };
      return token
        ? patch<Token>(`/tokens/${token.id}`, common)
        : post<Token>('/tokens', { uid: values.uid, kind: values.kind, ...common });
    },
    onSuccess: () => {
      saved();
      close();
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      size={token ? 'xl' : 'md'}
      title={token ? t('tokens.edit') : t('tokens.add')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {save.isError && <ProblemAlert error={save.error} />}
          <TextInput
            label={t('tokens.uid')}
            required
            disabled={token !== null}
            data-autofocus
            {...form.getInputProps('uid')}
          />
          <Select
            label={t('tokens.kind')}
            allowDeselect={false}
            disabled={token !== null}
            data={KINDS.map((kind) => ({ value: kind, label: t(`token_kind.${kind}`) }))}
            {...form.getInputProps('kind')}
          />
          <TextInput label={t('tokens.label')} {...form.getInputProps('label')} />
          <TextInput label={t('tokens.group')} {...form.getInputProps('group')} />
          <TextInput
            type="datetime-local"
            label={t('tokens.expires_utc')}
            {...form.getInputProps('expires_at')}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('form.cancel')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t('form.save')}
            </Button>
          </Group>
        </Stack>
      </form>
      {token && <History object={token.id} />}
    </Modal>
  );
}
