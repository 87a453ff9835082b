// A forgotten password: a link is mailed, whoever asks.
import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import { ProblemAlert } from '../../components/page_state';
import { Door } from './door';

export function ForgotPage() {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { email: '' } });
  const ask = useMutation({
    mutationFn: (values: typeof form.values) => send('/password/ask', values),
  });
  if (ask.isSuccess) {
    return (
      <Door title={t('forgot.done')} text={t('forgot.done_text', { email: form.values.email })}>
        <Button component={Link} to="/login" fullWidth>
          {t('sign_in.enter')}
        </Button>
      </Door>
    );
  }
  return (
    <Door title={t('forgot.title')} text={t('forgot.text')}>
      <form onSubmit={form.onSubmit((values) => ask.mutate(values))}>
        <Stack>
          {ask.isError && <ProblemAlert error={ask.error} />}
          <TextInput
            label={t('sign_in.email')}
            type="email"
            autoComplete="username"
            required
            data-autofocus
            {...form.getInputProps('email')}
          />
          <Button type="submit" size="md" fullWidth loading={ask.isPending}>
            {t('forgot.send')}
          </Button>
          <Link to="/login">{t('sign_in.enter')}</Link>
        </Stack>
      </form>
    </Door>
  );
}
