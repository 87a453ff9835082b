// Choosing another password by the mailed link.
import { Button, PasswordInput, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { Door } from './door';
import { hashToken } from './hash_token';

export function ResetPage() {
  const { t } = useTranslation();
  const [token] = useState(hashToken);
  const form = useForm({ initialValues: { password: '' } });
  const choose = useMutation({
    mutationFn: ({ password }: typeof form.values) => send('/password/reset', { token, password }),
    onError: (error) => form.setErrors(formErrors(error)),
  });
  if (choose.isSuccess) {
    return (
      <Door title={t('reset.done')} text={t('reset.done_text')}>
        <Button component={Link} to="/login" fullWidth>
          {t('sign_in.enter')}
        </Button>
      </Door>
    );
  }
  return (
    <Door title={t('reset.title')} text={t('reset.text')}>
      <form onSubmit={form.onSubmit((values) => choose.mutate(values))}>
        <Stack>
          {choose.isError && Object.keys(form.errors).length === 0 && <ProblemAlert error={choose.error} />}
          <PasswordInput
            label={t('account.new')}
            description={t('setup.password_hint')}
            autoComplete="new-password"
            required
            data-autofocus
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" fullWidth loading={choose.isPending}>
            {t('reset.choose')}
          </Button>
          <Link to="/forgot">{t('forgot.again')}</Link>
        </Stack>
      </form>
    </Door>
  );
}
