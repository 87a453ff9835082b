// Inviting somebody: to the organisation with roles, to a site with a level, or to make an organisation.
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import type { SentInvitation } from '../../api/shapes';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { LANGUAGES } from '../../i18n';
import { LevelField, SitesField } from './given';
import { SentNote } from './pending';
import { RolePicker } from './role_picker';

export type InviteTo =
  | { kind: 'member'; org: string }
  | { kind: 'administrator'; org: string }
  | { kind: 'organisation'; org: string }
  | { kind: 'site'; site: string };

export function Invite({ to, close }: { to: InviteTo; close: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [sent, setSent] = useState<SentInvitation | null>(null);
  const form = useForm({
    initialValues: {
      email: '',
      roles: [] as string[],
      sites: [] as string[],
      level: 'user' as string,
      language: i18n.language.slice(0, 2),
    },
  });
  const save = useMutation({
    mutationFn: ({ email, roles, sites: at, level, language }: typeof form.values) => {
      if (to.kind === 'site') {
        return post<SentInvitation>(`/sites/${to.site}/invitations`, { email, level, language });
      }
      const path = `/organisations/${to.org}/invitations`;
      if (to.kind === 'organisation') {
        return post<SentInvitation>(path, { email, purpose: 'organisation', language });
      }
      const given = to.kind === 'administrator' ? ['administrator'] : roles;
      return post<SentInvitation>(path, {
        email,
        roles: given,
        sites: at.length > 0 ? at : null,
        language,
      });
    },
    onSuccess: (answer) => {
      setSent(answer);
      void client.invalidateQueries({ queryKey: ['invitations'] });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={t(`team.invite_${to.kind}`)}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      {sent ? (
        <SentNote sent={sent} close={close} />
      ) : (
        <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
          <Stack>
            {save.isError && <ProblemAlert error={save.error} />}
            <TextInput
              label={t('team.email')}
              type="email"
              required
              data-autofocus
              {...form.getInputProps('email')}
            />
            {to.kind === 'member' && (
              <>
                <RolePicker
                  value={form.values.roles}
                  onChange={(roles) => form.setFieldValue('roles', roles)}
                  error={form.errors.roles}
                />
                <SitesField {...form.getInputProps('sites')} />
              </>
            )}
            {to.kind === 'site' && <LevelField site={to.site} {...form.getInputProps('level')} />}
            <Select
              label={t('team.language')}
              allowDeselect={false}
              data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
              {...form.getInputProps('language')}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('form.cancel')}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {t('team.invite')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
