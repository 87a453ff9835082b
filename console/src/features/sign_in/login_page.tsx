// Sign-in with e-mail and password.
import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { keys } from '../../api/queries';
import type { Challenge, Me } from '../../api/shapes';
import { ProblemAlert } from '../../components/page_state';
import { ByPasskey } from './by_passkey';
import { ByProvider } from './by_provider';
import { Door } from './door';
import { SecondStep } from './second_step';

/** Only a path of this console is followed after sign-in, never another host. */
export const safeNext = (next: string | undefined) =>
  next?.startsWith('/') && !next.startsWith('//') && !next.includes('\\') && !next.startsWith('/login')
    ? next
    : '/';

export function LoginPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { next } = useSearch({ from: '/login' });
  const form = useForm({ initialValues: { email: '', password: '' } });
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const inside = async (person: Me) => {
    client.clear();
    client.setQueryData(keys.me, person);
    await navigate({ href: safeNext(next), replace: true });
  };
  const enter = useMutation({
    mutationFn: (values: typeof form.values) => post<Me | Challenge>('/login', values),
    onSuccess: async (answer) => {
      if ('challenge' in answer) setChallenge(answer);
      else await inside(answer);
    },
  });
  if (challenge) {
    return <SecondStep challenge={challenge} onInside={inside} onBack={() => setChallenge(null)} />;
  }
  return (
    <Door title={t('sign_in.title')} text={t('sign_in.text')}>
      <form onSubmit={form.onSubmit((values) => enter.mutate(values))}>
        <Stack>
          {enter.isError && <ProblemAlert error={enter.error} />}
          <TextInput
            label={t('sign_in.email')}
            type="email"
            name="email"
            autoComplete="username"
            required
            withAsterisk={false}
            data-autofocus
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label={t('sign_in.password')}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" fullWidth loading={enter.isPending}>
            {t('sign_in.enter')}
          </Button>
          <Group justify="space-between">
            <Link to="/forgot">{t('sign_in.forgot')}</Link>
            <Link to="/register">{t('sign_in.invited')}</Link>
          </Group>
        </Stack>
      </form>
      <ByPasskey onInside={inside} />
      <ByProvider next={safeNext(next)} />
    </Door>
  );
}
