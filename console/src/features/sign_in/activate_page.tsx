// Proving an address by the mailed link and the password that was chosen for it.
import { Button, PasswordInput, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { keys } from '../../api/queries';
import type { Me } from '../../api/shapes';
import { ProblemAlert } from '../../components/page_state';
import { Door } from './door';
import { hashToken } from './hash_token';

export function ActivatePage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [token] = useState(hashToken);
  const form = useForm({ initialValues: { password: '' } });
  const activate = useMutation({
    mutationFn: ({ password }: typeof form.values) => post<Me>('/activate', { token, password }),
    onSuccess: async (person) => {
      client.clear();
      client.setQueryData(keys.me, person);
      await navigate({ to: '/', replace: true });
    },
  });
  return (
    <Door title={t('activate.title')} text={t('activate.text')}>
      <form onSubmit={form.onSubmit((values) => activate.mutate(values))}>
        <Stack>
          {activate.isError && <ProblemAlert error={activate.error} />}
          <PasswordInput
            label={t('sign_in.password')}
            autoComplete="current-password"
            required
            data-autofocus
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" fullWidth loading={activate.isPending}>
            {t('activate.confirm')}
          </Button>
          <Link to="/register">{t('accept.again')}</Link>
        </Stack>
      </form>
    </Door>
  );
}
