// Accepting an invitation: what it is about, and a name and a password for whoever is new here.
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { keys } from '../../api/queries';
import type { AcceptedInvitation, LookedInvitation } from '../../api/shapes';
import { formErrors } from '../../components/form_errors';
import { Loading, ProblemAlert } from '../../components/page_state';
import { Door } from './door';
import { hashToken } from './hash_token';

export function AcceptPage() {
  const { t } = useTranslation();
  const [token] = useState(hashToken);
  const looked = useQuery({
    queryKey: ['invitation_link', token],
    queryFn: () => post<LookedInvitation>('/invitations/look', { token }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Door title={t('accept.title')} text={t('accept.text')}>
      {looked.isPending && <Loading rows={3} />}
      {looked.isError && (
        <Stack>
          <ProblemAlert error={looked.error} />
          <Button component={Link} to="/register" variant="default" fullWidth>
            {t('accept.again')}
          </Button>
          <Button component={Link} to="/login" fullWidth>
            {t('sign_in.enter')}
          </Button>
        </Stack>
      )}
      {looked.data && <Form token={token} about={looked.data} />}
    </Door>
  );
}

function Form({ token, about }: { token: string; about: LookedInvitation }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({ initialValues: { name: '', password: '', organisation: '' } });
  const accept = useMutation({
    mutationFn: (values: typeof form.values) =>
      post<AcceptedInvitation>('/invitations/accept', {
        token,
        name: about.account ? null : values.name,
        password: about.account ? null : values.password,
        organisation: about.purpose === 'organisation' ? values.organisation : null,
      }),
    onSuccess: async ({ me }) => {
      client.clear();
      if (me) client.setQueryData(keys.me, me);
      await navigate({ to: me ? '/' : '/login', replace: true });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  const to = {
    member: t('accept.member', { roles: about.roles.map((role) => t(`role.${role}`)).join(', ') }),
    site: t('accept.site', { site: about.site, level: about.level ? t(`level.${about.level}`) : '' }),
    organisation: t('accept.organisation'),
  }[about.purpose];
  return (
    <form onSubmit={form.onSubmit((values) => accept.mutate(values))}>
      <Stack>
        {accept.isError && Object.keys(form.errors).length === 0 && <ProblemAlert error={accept.error} />}
        <Text>{t('accept.by', { inviter: about.invited_by, organisation: about.organisation })}</Text>
        <Text fw={600}>{to}</Text>
        {about.purpose === 'organisation' && (
          <TextInput
            label={t('setup.organisation')}
            autoComplete="organization"
            required
            {...form.getInputProps('organisation')}
          />
        )}
        {about.account ? (
          <Text size="sm">{t('accept.account', { email: about.email })}</Text>
        ) : (
          <>
            <TextInput label={t('sign_in.email')} value={about.email} readOnly autoComplete="username" />
            <TextInput label={t('setup.name')} autoComplete="name" required {...form.getInputProps('name')} />
            <PasswordInput
              label={t('sign_in.password')}
              description={t('setup.password_hint')}
              autoComplete="new-password"
              required
              {...form.getInputProps('password')}
            />
          </>
        )}
        <Button type="submit" size="md" fullWidth loading={accept.isPending}>
          {t('accept.accept')}
        </Button>
      </Stack>
    </form>
  );
}
