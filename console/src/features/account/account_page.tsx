// One's own account: name, password, second factor and logins.
import { Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post, put, remove } from '../../api/client';
import { keys, logins, me } from '../../api/queries';
import type { Login, Me } from '../../api/shapes';
import { Can } from '../../components/can';
import { ask } from '../../components/confirm';
import { type Column, DataTable } from '../../components/data_table';
import { formErrors } from '../../components/form_errors';
import { PageHead, ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';
import { dateTime, UNKNOWN } from '../../format';
import { Passkeys } from './passkeys';
import { SavedPasswords } from './saved_passwords';
import { SecondFactor } from './second_factor';

export function AccountPage() {
  const { t } = useTranslation();
  const { data } = useQuery(me);
  return (
    <>
      <PageHead title={t('account.title')} text={t('account.text')} />
      <div className="two">
        <Stack>
          {data && <Profile person={data} />}
          {data?.has_password && <Password />}
          {data?.identity_provider && <Provider name={data.identity_provider} more={data.has_password} />}
        </Stack>
        <SecondFactor />
      </div>
      <Passkeys />
      <Logins />
      <Can do="station_settings.view">
        <SavedPasswords />
      </Can>
    </>
  );
}

/** The connection with the identity provider, and taking it away. */
function Provider({ name, more }: { name: string; more: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => remove('/me/provider'),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.me }),
  });
  const unlink = end.mutate;
  return (
    <section className="card">
      <h2>{name}</h2>
      <Stack align="flex-start">
        <Text size="sm">{t(more ? 'provider.linked' : 'provider.only')}</Text>
        {end.isError && <ProblemAlert error={end.error} />}
        <Button
          variant="default"
          loading={end.isPending}
          onClick={() =>
            ask({
              title: t('provider.unlink'),
              text: t('provider.unlink_text', { name }),
              yes: t('provider.unlink'),
              red: true,
              onYes: () => unlink(),
            })
          }
        >
          {t('provider.unlink')}
        </Button>
      </Stack>
    </section>
  );
}

function Profile({ person }: { person: Me }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({ initialValues: { name: person.user.name } });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => patch<Me>('/me', values),
    onSuccess: (saved) => client.setQueryData(keys.me, saved),
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <section className="card">
      <h2>{t('account.profile')}</h2>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          <Text size="sm" c="dimmed">
            {person.user.email}
          </Text>
          <TextInput label={t('account.name')} autoComplete="name" required {...form.getInputProps('name')} />
          <Group>
            <Button type="submit" loading={save.isPending}>
              {t('account.save')}
            </Button>
            {save.isSuccess && (
              <Text size="sm" role="status">
                {t('account.saved')}
              </Text>
            )}
          </Group>
        </Stack>
      </form>
    </section>
  );
}

function Password() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({ initialValues: { current: '', new: '' } });
  const change = useMutation({
    mutationFn: (values: typeof form.values) => put<void>('/me/password', values),
    onSuccess: () => {
      form.reset();
      void client.invalidateQueries({ queryKey: logins.queryKey });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  const told = Object.keys(form.errors).length > 0;
  return (
    <section className="card">
      <h2>{t('account.password')}</h2>
      <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
        <Stack>
          {change.isError && !told && <ProblemAlert error={change.error} />}
          <PasswordInput
            label={t('account.current')}
            autoComplete="current-password"
            required
            {...form.getInputProps('current')}
          />
          <PasswordInput
            label={t('account.new')}
            description={t('setup.password_hint')}
            autoComplete="new-password"
            required
            {...form.getInputProps('new')}
          />
          <Group>
            <Button type="submit" loading={change.isPending}>
              {t('account.change')}
            </Button>
            {change.isSuccess && (
              <Text size="sm" role="status">
                {t('account.changed')}
              </Text>
            )}
          </Group>
        </Stack>
      </form>
    </section>
  );
}

function Logins() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(logins);
  const again = () => void client.invalidateQueries({ queryKey: logins.queryKey });
  const end = useMutation({
    mutationFn: (login: Login) => remove(`/me/logins/${login.id}`),
    onSuccess: again,
  });
  const others = useMutation({ mutationFn: () => post<void>('/me/logins/revoke_others'), onSuccess: again });
  // the mutations keep their identity
  const columns = useMemo<Column<Login>[]>(
    () => [
      {
        id: 'browser',
        head: t('account.browser'),
        cell: (login) => <span style={{ overflowWrap: 'anywhere' }}>{login.user_agent ?? UNKNOWN}</span>,
      },
      {
        id: 'address',
        head: t('account.address'),
        cell: (login) => <span className="mono">{login.remote_ip ?? UNKNOWN}</span>,
      },
      { id: 'since', from: 'desktop', head: t('account.since'), cell: (login) => dateTime(login.created_at) },
      { id: 'seen', head: t('account.seen'), cell: (login) => <Ago at={login.last_seen_at} /> },
      {
        id: 'end',
        head: t('account.end'),
        cell: (login) =>
          login.current ? (
            <b>{t('account.this')}</b>
          ) : (
            <Button size="xs" variant="default" onClick={() => end.mutate(login)}>
              {t('account.end')}
            </Button>
          ),
      },
    ],
    [t, end.mutate],
  );
  const rows = query.data?.data ?? [];
  return (
    <section className="card" style={{ marginTop: 16 }}>
      <Group justify="space-between">
        <h2>{t('account.logins')}</h2>
        {rows.length > 1 && (
          <Button variant="default" loading={others.isPending} onClick={() => others.mutate()}>
            {t('account.end_others')}
          </Button>
        )}
      </Group>
      {query.isError && <ProblemAlert error={query.error} retry={() => void query.refetch()} />}
      {end.isError && <ProblemAlert error={end.error} />}
      <DataTable columns={columns} rows={rows} label={t('account.logins')} complete />
    </section>
  );
}
