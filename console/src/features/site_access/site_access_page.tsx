// Who has access to a site beside the members of its organisation.
import { Button, Group, Modal, MultiSelect, Radio, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, put, remove } from '../../api/client';
import { me, roles, siteAccess, siteInvitations } from '../../api/queries';
import type { Permission, SitePerson } from '../../api/shapes';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { formErrors } from '../../components/form_errors';
import { usePermissionTitle } from '../../components/module_name';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { useSites } from '../../components/use_sites';
import { dateTime, UNKNOWN } from '../../format';
import { History } from '../audit/history';
import { Invite } from '../team/invite';
import { Pending } from '../team/pending';
import { LEVELS, useAccessRights } from './access_rights';

export function SiteAccessPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/shell/sites/$id/access' });
  const site = useSites().find((one) => one.id === id);
  const mayGive = useAccessRights(id);
  const own = useQuery(me).data?.user.id;
  const title = usePermissionTitle();
  const query = useInfiniteQuery(siteAccess(id));
  const [open, setOpen] = useState<SitePerson | null>(null);
  const [inviting, invite] = useDisclosure(false);
  const columns = useMemo<Column<SitePerson>[]>(
    () => [
      {
        id: 'name',
        head: t('access.person'),
        cell: (person) => (
          <>
            {person.name}
            <div className="sub">{person.email}</div>
          </>
        ),
      },
      { id: 'level', head: t('access.level'), cell: (person) => t(`level.${person.level}`) },
      {
        id: 'beside',
        from: 'tablet',
        head: t('access.beside'),
        cell: (person) =>
          [
            ...person.grants.map((key) => `+ ${title(key)}`),
            ...person.denials.map((key) => `− ${title(key)}`),
          ].join(', ') || UNKNOWN,
      },
      { id: 'since', from: 'desktop', head: t('access.since'), cell: (person) => dateTime(person.since) },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (person) =>
          (person.user_id === own || mayGive(person.level, person.grants)) && (
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={t('access.change_named', { name: person.name })}
              onClick={() => setOpen(person)}
            >
              {t('form.edit')}
            </Button>
          ),
      },
    ],
    [t, own, mayGive, title],
  );
  return (
    <>
      <PageHead
        title={t('access.of', { name: site?.name ?? '' })}
        text={
          <>
            <Link to="/sites">{t('nav.sites')}</Link> · {t('access.text')}
          </>
        }
      >
        <Button leftSection={<IconUserPlus size={16} />} onClick={invite.open}>
          {t('team.invite')}
        </Button>
      </PageHead>
      <PagedRead
        query={query}
        empty={<Empty icon={<IconUsers size={22} />} title={t('access.none')} text={t('access.none_text')} />}
      >
        {(rows) => (
          <DataTable
            label={t('access.title')}
            columns={columns}
            rows={rows}
            rowKey={(person) => person.user_id}
          />
        )}
      </PagedRead>
      <h2>{t('team.pending')}</h2>
      <Pending query={useInfiniteQuery(siteInvitations(id))} none={t('team.none_pending')} />
      <History object={id} />
      {inviting && <Invite to={{ kind: 'site', site: id }} close={invite.close} />}
      {open && <AccessForm site={id} person={open} close={() => setOpen(null)} />}
    </>
  );
}

function AccessForm({ site, person, close }: { site: string; person: SitePerson; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const own = useQuery(me).data?.user;
  const mayGive = useAccessRights(site);
  const title = usePermissionTitle();
  const named = (key: Permission) => ({ value: key, label: title(key) });
  const all = useQuery(roles).data?.site_actions ?? [];
  // What one has oneself is offered, and what is there already.
  const actions = all.filter((one) => mayGive('user', [one]) || person.grants.includes(one));
  const form = useForm({
    initialValues: {
      level: person.level as string,
      grants: person.grants as string[],
      denials: person.denials as string[],
      confirm: '',
    },
  });
  const path = `/sites/${site}/access/${person.user_id}`;
  const done = () => {
    void client.invalidateQueries({ queryKey: ['site_access', site] });
    if (own?.id === person.user_id) void client.invalidateQueries({ queryKey: ['me'] });
    close();
  };
  const save = useMutation({
    mutationFn: (values: typeof form.values) =>
      put(path, { ...values, confirm: values.confirm.trim() || null }),
    onSuccess: done,
    onError: (error) => form.setErrors(formErrors(error)),
  });
  const leave = useMutation({
    mutationFn: () => {
      const name = form.values.confirm.trim();
      return remove(name ? `${path}?confirm=${encodeURIComponent(name)}` : path);
    },
    onSuccess: done,
  });
  const failed = save.error ?? leave.error;
  // Giving up one's own rights asks for one's own name, and says who could give them back.
  const asks = failed instanceof Problem && failed.code === 'confirm_own_demotion';
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={t('access.change_named', { name: person.name })}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {failed && <ProblemAlert error={failed} />}
          <Radio.Group label={t('access.level')} {...form.getInputProps('level')}>
            <Stack gap={8} mt={6}>
              {LEVELS.filter((level) => mayGive(level) || level === person.level).map((level) => (
                <Radio
                  key={level}
                  value={level}
                  label={t(`level.${level}`)}
                  description={t(`level_text.${level}`)}
                />
              ))}
            </Stack>
          </Radio.Group>
          <MultiSelect
            label={t('access.grants')}
            searchable
            data={actions.map(named)}
            {...form.getInputProps('grants')}
          />
          <MultiSelect
            label={t('access.denials')}
            searchable
            data={all.map(named)}
            {...form.getInputProps('denials')}
          />
          {asks && (
            <TextInput
              label={t('access.confirm', { name: own?.name ?? '' })}
              {...form.getInputProps('confirm')}
            />
          )}
          <Group justify="space-between">
            <Button variant="light" color="red" loading={leave.isPending} onClick={() => leave.mutate()}>
              {own?.id === person.user_id ? t('access.leave') : t('access.take')}
            </Button>
            <Group>
              <Button variant="default" onClick={close}>
                {t('form.cancel')}
              </Button>
              <Button type="submit" loading={save.isPending}>
                {t('form.save')}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
