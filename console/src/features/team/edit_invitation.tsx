// Changing an invitation that nobody accepted yet: its address, and what it gives.
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch } from '../../api/client';
import type { Invitation, SentInvitation } from '../../api/shapes';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { LevelField, SitesField } from './given';
import { SentNote } from './pending';
import { RolePicker } from './role_picker';

export function EditInvitation({ of, base, close }: { of: Invitation; base: string; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [sent, setSent] = useState<SentInvitation | null>(null);
  const form = useForm({
    initialValues: {
      email: of.email,
      roles: of.roles as string[],
      sites: of.sites ?? [],
      level: (of.level ?? 'user') as string,
    },
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      const body: Record<string, unknown> = {};
      if (form.isDirty('email')) body.email = values.email;
      if (form.isDirty('roles')) body.roles = values.roles;
      if (form.isDirty('sites')) body.sites = values.sites.length > 0 ? values.sites : null;
      if (form.isDirty('level')) body.level = values.level;
      return patch<SentInvitation>(`${base}/${of.id}`, body);
    },
    onSuccess: (answer) => {
      void client.invalidateQueries({ queryKey: ['invitations'] });
      if (answer.link) setSent(answer);
      else close();
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={t('team.edit_invitation')}
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
            <Text size="sm" c="dimmed">
              {t('team.edit_invitation_text')}
            </Text>
            {of.purpose === 'member' && (
              <>
                <RolePicker
                  value={form.values.roles}
                  onChange={(roles) => form.setFieldValue('roles', roles)}
                  error={form.errors.roles}
                />
                <SitesField {...form.getInputProps('sites')} />
              </>
            )}
            {of.purpose === 'site' && <LevelField site={of.site_id ?? ''} {...form.getInputProps('level')} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('form.cancel')}
              </Button>
              <Button type="submit" disabled={!form.isDirty()} loading={save.isPending}>
                {t('form.save')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
