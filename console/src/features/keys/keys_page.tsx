// API keys: made with a scope and an end; the text is shown once.
import { Button, Group, Modal, MultiSelect, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { apiKeys, me, member } from '../../api/queries';
import type { ApiKey, NewApiKey } from '../../api/shapes';
import { ask } from '../../components/confirm';
import { CopyLine } from '../../components/copy_line';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { formErrors } from '../../components/form_errors';
import { usePermissionTitle } from '../../components/module_name';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';
import { dateTime, UNKNOWN } from '../../format';

const DAYS = ['7', '30', '90', '365'];

export function KeysPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useInfiniteQuery(apiKeys);
  const [making, make] = useDisclosure(false);
  const again = () => void client.invalidateQueries({ queryKey: ['keys'] });
  const drop = useMutation({ mutationFn: (key: ApiKey) => remove(`/keys/${key.id}`), onSuccess: again });
  const end = drop.mutate;
  const title = usePermissionTitle();
  const columns = useMemo<Column<ApiKey>[]>(
    () => [
      { id: 'name', head: t('keys.name'), cell: (key) => key.name },
      {
        id: 'scopes',
        from: 'tablet',
        head: t('keys.scopes'),
        cell: (key) => <span className="sub">{key.permissions.map((one) => title(one)).join(' · ')}</span>,
      },
      { id: 'maker', from: 'tablet', head: t('keys.maker'), cell: (key) => <Maker id={key.user_id} /> },
      { id: 'used', from: 'desktop', head: t('keys.used'), cell: (key) => <Ago at={key.used_at} /> },
      { id: 'until', head: t('keys.until'), cell: (key) => dateTime(key.expires_at) },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (key) => (
          <Button
            size="compact-xs"
            variant="subtle"
            color="red"
            aria-label={t('keys.end_named', { name: key.name })}
            onClick={() =>
              ask({
                title: t('keys.end'),
                text: t('keys.end_text', { name: key.name }),
                yes: t('keys.end'),
                red: true,
                onYes: () => end(key),
              })
            }
          >
            {t('keys.end')}
          </Button>
        ),
      },
    ],
    [t, end, title],
  );
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={make.open}>
      {t('keys.make')}
    </Button>
  );
  return (
    <>
      <PageHead title={t('nav.keys')} text={t('keys.text')}>
        {create}
      </PageHead>
      {drop.isError && <ProblemAlert error={drop.error} />}
      <PagedRead
        query={query}
        empty={
          <Empty
            icon={<IconKey size={22} />}
            title={t('keys.none')}
            text={t('keys.none_text')}
            action={create}
          />
        }
      >
        {(rows) => <DataTable label={t('nav.keys')} columns={columns} rows={rows} />}
      </PagedRead>
      {making && <NewKey close={make.close} made={again} />}
    </>
  );
}

/** Who made a key: somebody of the team, or somebody who left it. */
function Maker({ id }: { id: string }) {
  const { t } = useTranslation();
  const org = useQuery(me).data?.organisation.id ?? '';
  const query = useQuery({ ...member(org, id), enabled: org !== '', retry: false });
  if (query.isError) return <span className="sub">{t('keys.no_member')}</span>;
  return query.data?.name ?? UNKNOWN;
}

function NewKey({ close, made }: { close: () => void; made: () => void }) {
  const { t } = useTranslation();
  const mine = useQuery(me).data?.permissions ?? [];
  const title = usePermissionTitle();
  const [text, setText] = useState<string | null>(null);
  const form = useForm({ initialValues: { name: '', permissions: [] as string[], days: '90' } });
  const save = useMutation({
    mutationFn: ({ name, permissions, days }: typeof form.values) =>
      post<NewApiKey>('/keys', {
        name,
        permissions,
        expires_at: new Date(Date.now() + Number(days) * 86_400_000).toISOString(),
      }),
    onSuccess: (answer) => {
      setText(answer.text);
      made();
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={t('keys.make')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      {text ? (
        <Stack>
          <Text>{t('keys.once')}</Text>
          <CopyLine text={text} what={t('keys.key')} />
          <Group justify="flex-end">
            <Button onClick={close}>{t('form.close')}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
          <Stack>
            {save.isError && <ProblemAlert error={save.error} />}
            <TextInput label={t('keys.name')} required data-autofocus {...form.getInputProps('name')} />
            <MultiSelect
              label={t('keys.scopes')}
              description={t('keys.scopes_text')}
              searchable
              data={mine.map((key) => ({ value: key, label: `${title(key)} (${key})` }))}
              {...form.getInputProps('permissions')}
            />
            <Select
              label={t('keys.lives')}
              allowDeselect={false}
              data={DAYS.map((days) => ({ value: days, label: t('keys.days', { count: Number(days) }) }))}
              {...form.getInputProps('days')}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('form.cancel')}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {t('keys.make')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
