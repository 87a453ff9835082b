// For somebody who is invited and has not the link at hand: register, or have the mail sent again.
import { Button, Divider, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { send } from '../../api/client';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { Door } from './door';

export function RegisterPage() {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { email: '', name: '', password: '' } });
  const register = useMutation({
    mutationFn: (values: typeof form.values) => send('/register', values),
    onError: (error) => form.setErrors(formErrors(error)),
  });
  const again = useMutation({
    mutationFn: () => send('/invitations/send_again', { email: form.values.email }),
  });
  if (register.isSuccess || again.isSuccess) {
    return (
      <Door title={t('register.done')} text={t('register.done_text', { email: form.values.email })}>
        <Button component={Link} to="/login" fullWidth>
          {t('sign_in.enter')}
        </Button>
      </Door>
    );
  }
  const failed = again.error ?? (Object.keys(form.errors).length === 0 ? register.error : null);
  return (
    <Door title={t('register.title')} text={t('register.text')}>
      <form onSubmit={form.onSubmit((values) => register.mutate(values))}>
        <Stack>
          {failed && <ProblemAlert error={failed} />}
          <TextInput
            label={t('sign_in.email')}
            type="email"
            autoComplete="username"
            required
            data-autofocus
            {...form.getInputProps('email')}
          />
          <TextInput label={t('setup.name')} autoComplete="name" required {...form.getInputProps('name')} />
          <PasswordInput
            label={t('sign_in.password')}
            description={t('setup.password_hint')}
            autoComplete="new-password"
            required
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" fullWidth loading={register.isPending}>
            {t('register.register')}
          </Button>
          <Divider label={t('register.or')} />
          <Text size="sm">{t('register.again_text')}</Text>
          <Button
            variant="default"
            fullWidth
            disabled={!form.values.email.includes('@')}
            loading={again.isPending}
            onClick={() => again.mutate()}
          >
            {t('register.again')}
          </Button>
          <Link to="/login">{t('sign_in.enter')}</Link>
        </Stack>
      </form>
    </Door>
  );
}
