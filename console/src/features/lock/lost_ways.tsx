// The owner's ways back when a lock's password is lost: first the installer, then the PUK, or proof that
// one stands at the station.
import { Alert, Button, Group, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, post } from '../../api/client';
import type { Presence, PresenceState, StationLock } from '../../api/shapes';
import { ProblemAlert } from '../../components/page_state';
import { clock } from '../../format';

type Props = { id: string; lock: StationLock; keep: (lock: StationLock) => void; close: () => void };

export function LostWays(props: Props) {
  const { t } = useTranslation();
  const { lock } = props;
  const [way, setWay] = useState('puk');
  return (
    <Stack>
      <Text size="sm">
        {t('lock.lost_text', { name: lock.lock?.locked_by ?? '' })}{' '}
        {lock.lock?.contact && <b>{t('lock.contact_is', { contact: lock.lock.contact })}</b>}
      </Text>
      <Radio.Group value={way} onChange={setWay} label={t('lock.way')}>
        <Stack gap={8} mt={6}>
          <Radio value="puk" label={t('lock.by_puk')} description={t('lock.by_puk_text')} />
          <Radio value="token" label={t('lock.by_token')} description={t('lock.by_token_text')} />
          <Radio value="cable" label={t('lock.by_cable')} description={t('lock.by_cable_text')} />
        </Stack>
      </Radio.Group>
      {way === 'puk' ? <ByPuk {...props} /> : <ByPresence key={way} {...props} token={way === 'token'} />}
    </Stack>
  );
}

function ByPuk({ id, keep, close }: Props) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { puk: '' } });
  const use = useMutation({
    mutationFn: (values: typeof form.values) => post<StationLock>(`/stations/${id}/lock/puk`, values),
    onSuccess: (lock) => {
      keep(lock);
      close();
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => use.mutate(values))}>
      <Stack>
        {use.isError && <ProblemAlert error={use.error} />}
        <TextInput
          label={t('lock.puk')}
          inputMode="numeric"
          autoComplete="off"
          required
          {...form.getInputProps('puk')}
        />
        <Group justify="flex-end">
          <Button type="submit" color="red" loading={use.isPending}>
            {t('lock.remove')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function ByPresence({ id, keep, close, token }: Props & { token: boolean }) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { token: '' } });
  const begin = useMutation({
    mutationFn: (values: typeof form.values) =>
      post<Presence>(`/stations/${id}/lock/presence`, { token: token ? values.token : null }),
  });
  // Asked every two seconds until the station has told it, or the time is over.
  const state = useQuery({
    queryKey: ['presence', id, begin.data?.until],
    queryFn: async () => {
      const answer = await post<PresenceState>(`/stations/${id}/lock/presence/finish`);
      if (answer.proved && answer.lock) {
        keep(answer.lock);
        close();
      }
      return answer;
    },
    enabled: begin.isSuccess,
    retry: false,
    gcTime: 0,
    refetchInterval: (query) => (query.state.error ? false : 2000),
  });
  const over = state.error instanceof Problem && state.error.code === 'challenge_expired';
  return (
    <form onSubmit={form.onSubmit((values) => begin.mutate(values))}>
      <Stack>
        {begin.isError && <ProblemAlert error={begin.error} />}
        {state.isError && <ProblemAlert error={state.error} />}
        {token && (
          <TextInput label={t('lock.token')} autoComplete="off" required {...form.getInputProps('token')} />
        )}
        {begin.data && !over && (
          <Alert variant="light" role="status">
            {t(token ? 'lock.hold' : 'lock.plug', { count: begin.data.times, at: clock(begin.data.until) })}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={begin.isPending} disabled={begin.isSuccess && !over}>
            {t('lock.begin')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
