// First setup: the token comes in the URL fragment, so it reaches no log on the way.
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, post } from '../../api/client';
import { keys, setupNeeded } from '../../api/queries';
import type { Me } from '../../api/shapes';
import { formErrors } from '../../components/form_errors';
import { Empty, ProblemAlert } from '../../components/page_state';
import { Door } from './door';

export function SetupPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const needed = useQuery(setupNeeded);
  const [token] = useState(() => decodeURIComponent(window.location.hash.replace(/^#/, '')));
  const form = useForm({
    initialValues: { token, name: '', email: '', password: '', organisation: '' },
  });
  const begin = useMutation({
    mutationFn: (values: typeof form.values) => post<Me>('/setup', values),
    onSuccess: async (person) => {
      client.clear();
      client.setQueryData(keys.me, person);
      await navigate({ to: '/connect', replace: true });
    },
    onError: (error) => {
      form.setErrors(formErrors(error));
      // Somebody else was quicker.
      if (error instanceof Problem && error.code === 'setup_done') void needed.refetch();
    },
  });
  const refused = begin.error instanceof Problem && begin.error.code === 'setup_token_invalid';
  if (needed.data && !needed.data.needed) {
    return (
      <Door title={t('setup.done_title')} text={t('setup.done_text')}>
        <Button component={Link} to="/login" fullWidth>
          {t('sign_in.enter')}
        </Button>
      </Door>
    );
  }
  return (
    <Door title={t('setup.title')} text={t('setup.text')}>
      <form onSubmit={form.onSubmit((values) => begin.mutate(values))}>
        <Stack>
          {begin.isError && <ProblemAlert error={begin.error} />}
          {!token && <Empty title={t('setup.no_token')} text={t('setup.no_token_text')} />}
          {(!token || refused) && (
            <TextInput
              label={t('setup.token')}
              description={refused ? t('setup.new_link') : undefined}
              required
              {...form.getInputProps('token')}
            />
          )}
          <TextInput label={t('setup.name')} autoComplete="name" required {...form.getInputProps('name')} />
          <TextInput
            label={t('sign_in.email')}
            type="email"
            autoComplete="username"
            required
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label={t('sign_in.password')}
            description={t('setup.password_hint')}
            autoComplete="new-password"
            required
            aria-invalid={form.errors.password ? true : undefined}
            {...form.getInputProps('password')}
          />
          <TextInput
            label={t('setup.organisation')}
            autoComplete="organization"
            required
            {...form.getInputProps('organisation')}
          />
          <Button type="submit" size="md" fullWidth loading={begin.isPending}>
            {t('setup.begin')}
          </Button>
        </Stack>
      </form>
    </Door>
  );
}
