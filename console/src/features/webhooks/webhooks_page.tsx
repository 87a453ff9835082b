// Webhooks: where alerts go beside people; the secret is shown once, and every message can be followed.
import { Button, Group, Modal, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post, remove } from '../../api/client';
import { deliveries, webhooks } from '../../api/queries';
import type { Delivery, NewWebhook, Webhook } from '../../api/shapes';
import { ask } from '../../components/confirm';
import { CopyLine } from '../../components/copy_line';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { formErrors } from '../../components/form_errors';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';

export function WebhooksPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useInfiniteQuery(webhooks);
  const [making, make] = useState(false);
  const [followed, follow] = useState<Webhook | null>(null);
  const again = () => void client.invalidateQueries({ queryKey: ['webhooks'] });
  const deed = useMutation({
    mutationFn: ({ hook, what }: { hook: Webhook; what: 'turn' | 'test' | 'remove' }): Promise<unknown> => {
      const path = `/webhooks/${hook.id}`;
      if (what === 'remove') return remove(path);
      return what === 'test' ? post(`${path}/test`) : patch(path, { enabled: !hook.enabled });
    },
    onSuccess: (_, { hook, what }) => what === 'test' && follow(hook),
    onSettled: again,
  });
  const act = deed.mutate;
  const columns = useMemo<Column<Webhook>[]>(
    () => [
      {
        id: 'name',
        head: t('keys.name'),
        cell: (hook) => (
          <>
            {hook.name}
            <div className="sub mono" style={{ overflowWrap: 'anywhere' }}>
              {hook.url}
            </div>
          </>
        ),
      },
      {
        id: 'on',
        head: t('rules.on'),
        cell: (hook) => (
          <Switch
            aria-label={t('rules.on_named', { name: hook.name })}
            checked={hook.enabled}
            onChange={() => act({ hook, what: 'turn' })}
          />
        ),
      },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (hook) => (
          <Group gap={6} justify="flex-end">
            <Button
              size="compact-xs"
              variant="light"
              disabled={!hook.enabled}
              onClick={() => act({ hook, what: 'test' })}
            >
              {t('webhooks.test')}
            </Button>
            <Button size="compact-xs" variant="subtle" onClick={() => follow(hook)}>
              {t('webhooks.log')}
            </Button>
            <Button
              size="compact-xs"
              variant="subtle"
              color="red"
              onClick={() =>
                ask({
                  title: t('webhooks.remove'),
                  text: t('webhooks.remove_text', { name: hook.name }),
                  yes: t('webhooks.remove'),
                  red: true,
                  onYes: () => act({ hook, what: 'remove' }),
                })
              }
            >
              {t('webhooks.remove')}
            </Button>
          </Group>
        ),
      },
    ],
    [t, act],
  );
  const create = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => make(true)}>
      {t('webhooks.make')}
    </Button>
  );
  return (
    <>
      <PageHead title={t('nav.webhooks')} text={t('webhooks.text')}>
        {create}
      </PageHead>
      {deed.isError && <ProblemAlert error={deed.error} />}
      <PagedRead
        query={query}
        empty={
          <Empty
            icon={<IconWebhook size={22} />}
            title={t('webhooks.none')}
            text={t('webhooks.none_text')}
            action={create}
          />
        }
      >
        {(rows) => <DataTable label={t('nav.webhooks')} columns={columns} rows={rows} />}
      </PagedRead>
      {making && <Maker close={() => make(false)} made={again} />}
      {followed && <Log hook={followed} close={() => follow(null)} />}
    </>
  );
}

function Log({ hook, close }: { hook: Webhook; close: () => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(deliveries(hook.id));
  const columns = useMemo<Column<Delivery>[]>(
    () => [
      { id: 'event', head: t('webhooks.event'), cell: (one) => <span className="mono">{one.event}</span> },
      {
        id: 'state',
        head: t('stations.state'),
        cell: (one) => (
          <>
            {t(`webhooks.state.${one.state}`)} {one.status}
            <div className="sub">{one.error}</div>
          </>
        ),
      },
      { id: 'tries', head: t('webhooks.tries'), right: true, cell: (one) => one.attempts },
      { id: 'at', head: t('notes.at'), cell: (one) => <Ago at={one.created_at} /> },
    ],
    [t],
  );
  return (
    <Modal
      opened
      onClose={close}
      size="xl"
      title={t('webhooks.log_of', { name: hook.name })}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <PagedRead
        query={query}
        empty={<Empty icon={<IconWebhook size={22} />} title={t('webhooks.nothing_sent')} />}
      >
        {(rows) => <DataTable label={t('webhooks.log')} columns={columns} rows={rows} />}
      </PagedRead>
    </Modal>
  );
}

function Maker({ close, made }: { close: () => void; made: () => void }) {
  const { t } = useTranslation();
  const [secret, setSecret] = useState<string | null>(null);
  const form = useForm({ initialValues: { name: '', url: 'https://' } });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => post<NewWebhook>('/webhooks', values),
    onSuccess: (answer) => {
      setSecret(answer.secret);
      made();
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={t('webhooks.make')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      {secret ? (
        <Stack>
          <Text>{t('webhooks.once')}</Text>
          <CopyLine text={secret} what={t('webhooks.secret')} />
          <Group justify="flex-end">
            <Button onClick={close}>{t('form.close')}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
          <Stack>
            {save.isError && <ProblemAlert error={save.error} />}
            <TextInput label={t('keys.name')} required data-autofocus {...form.getInputProps('name')} />
            <TextInput
              label={t('webhooks.url')}
              description={t('webhooks.url_text')}
              required
              {...form.getInputProps('url')}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('form.cancel')}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {t('webhooks.make')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
