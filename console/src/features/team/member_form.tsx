// One member: roles, sites, and putting them away.
import { Alert, Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call, Problem, post, send } from '../../api/client';
import { me, memberTag } from '../../api/queries';
import type { TeamMember } from '../../api/shapes';
import { ask } from '../../components/confirm';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { History } from '../audit/history';
import { SitesField } from './given';
import { RolePicker } from './role_picker';
import { useTeamRights } from './team_rights';

export function MemberForm({ org, member, close }: { org: string; member: TeamMember; close: () => void }) {
  const { t } = useTranslation();
  const rights = useTeamRights();
  const client = useQueryClient();
  const own = useQuery(me).data?.user;
  // Read anew when the window opens: what is changed is what was shown.
  const read = useQuery(memberTag(org, member.user_id));
  const form = useForm({
    initialValues: { roles: [...member.roles] as string[], sites: [...(member.sites ?? [])], confirm: '' },
  });
  const path = `/organisations/${org}/members/${member.user_id}`;
  const confirm = () => form.values.confirm.trim() || null;
  const done = () => {
    void client.invalidateQueries({ queryKey: ['members'] });
    void client.invalidateQueries({ queryKey: ['member', org, member.user_id] });
    if (own?.id === member.user_id) void client.invalidateQueries({ queryKey: ['me'] });
    close();
  };
  const save = useMutation({
    mutationFn: (values: typeof form.values) =>
      call<TeamMember>('PATCH', path, {
        body: {
          roles: values.roles,
          sites: values.sites.length > 0 ? values.sites : null,
          confirm: confirm(),
        },
        headers: { 'if-match': read.data ?? '' },
      }),
    onSuccess: done,
    onError: (error) => form.setErrors(formErrors(error)),
  });
  const archive = useMutation({
    mutationFn: () => post<TeamMember>(`${path}/archive`, { confirm: confirm() }),
    onSuccess: done,
  });
  const reset = useMutation({
    mutationFn: () => send(`${path}/reset_second_factor`, undefined),
    onSuccess: done,
  });
  const [mayRoles, maySites] = [rights.changeRoles(member), rights.changeSites(member)];
  const failed = archive.error ?? save.error ?? reset.error ?? read.error;
  const asks = failed instanceof Problem && failed.code === 'confirm_own_demotion';
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={t('team.change_named', { name: member.name })}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {failed && <ProblemAlert error={failed} />}
          {member.roles_provided && <Alert color="blue">{t('team.provided')}</Alert>}
          <RolePicker
            value={form.values.roles}
            onChange={(roles) => form.setFieldValue('roles', roles)}
            error={form.errors.roles}
            fixed={!mayRoles}
          />
          {maySites && <SitesField {...form.getInputProps('sites')} />}
          {asks && (
            <TextInput
              label={t('access.confirm', { name: own?.name ?? '' })}
              {...form.getInputProps('confirm')}
            />
          )}
          <Group justify="space-between">
            {rights.archive(member) ? (
              <Button
                variant="light"
                color="red"
                loading={archive.isPending}
                onClick={() =>
                  // Whoever archives themselves is asked for their own name as well.
                  asks
                    ? archive.mutate()
                    : ask({
                        title: t('team.archive'),
                        text: t('team.archive_text', { name: member.name }),
                        yes: t('team.archive'),
                        red: true,
                        onYes: () => archive.mutate(),
                      })
                }
              >
                {t('team.archive')}
              </Button>
            ) : (
              <span />
            )}
            {rights.resetFactor(member) && (
              <Button
                variant="subtle"
                color="red"
                loading={reset.isPending}
                onClick={() =>
                  ask({
                    title: t('team.reset_factor'),
                    text: t('team.reset_factor_text', { name: member.name }),
                    yes: t('team.reset_factor'),
                    red: true,
                    onYes: () => reset.mutate(),
                  })
                }
              >
                {t('team.reset_factor')}
              </Button>
            )}
            <Group>
              <Button variant="default" onClick={close}>
                {t('form.cancel')}
              </Button>
              {(mayRoles || maySites) && (
                <Button type="submit" loading={save.isPending} disabled={!read.data}>
                  {t('form.save')}
                </Button>
              )}
            </Group>
          </Group>
        </Stack>
      </form>
      <History object={member.user_id} />
    </Modal>
  );
}
