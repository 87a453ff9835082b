// The team: members, people who are invited, and those who are put away.
import { Button, Group, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconSearch, IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { invitations, me, members } from '../../api/queries';
import type { TeamMember } from '../../api/shapes';
import { ask } from '../../components/confirm';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { useSites } from '../../components/use_sites';
import { Ago } from '../../components/values';
import { dateTime } from '../../format';
import { Pending } from './pending';
import { teamRights, useTeamRights } from './team_rights';

const Invite = lazy(() => import('./invite').then((one) => ({ default: one.Invite })));
const MemberForm = lazy(() => import('./member_form').then((one) => ({ default: one.MemberForm })));

type Shown = 'active' | 'pending' | 'archived';

export function TeamPage() {
  const { t } = useTranslation();
  const org = useQuery(me).data?.organisation.id ?? '';
  const { invite: mayInvite } = useTeamRights();
  const [shown, setShown] = useState<Shown>('active');
  const [inviting, invite] = useDisclosure(false);
  return (
    <>
      <PageHead title={t('nav.team')} text={t('team.text')}>
        {mayInvite && (
          <Button leftSection={<IconUserPlus size={16} />} onClick={invite.open}>
            {t('team.invite')}
          </Button>
        )}
      </PageHead>
      <SegmentedControl
        mb="md"
        value={shown}
        onChange={(value) => setShown(value as Shown)}
        aria-label={t('team.show')}
        data={[
          { value: 'active', label: t('team.members') },
          { value: 'pending', label: t('team.pending') },
          { value: 'archived', label: t('team.archived') },
        ]}
      />
      {org && shown === 'pending' && <Invited org={org} />}
      {org && shown !== 'pending' && <Members key={shown} org={org} archived={shown === 'archived'} />}
      <Suspense fallback={null}>
        {inviting && <Invite to={{ kind: 'member', org }} close={invite.close} />}
      </Suspense>
    </>
  );
}

function Invited({ org }: { org: string }) {
  const { t } = useTranslation();
  return <Pending query={useInfiniteQuery(invitations(org, 'member'))} none={t('team.none_pending')} />;
}

function Members({ org, archived }: { org: string; archived: boolean }) {
  const { t } = useTranslation();
  const who = useQuery(me).data;
  const rights = useMemo(() => teamRights(who), [who]);
  const client = useQueryClient();
  const [q, setQ] = useState('');
  const [asked] = useDebouncedValue(q, 250);
  const query = useInfiniteQuery(members(org, { state: archived ? 'archived' : null, q: asked }));
  const places = useSites();
  const [open, setOpen] = useState<TeamMember | null>(null);
  const again = () => void client.invalidateQueries({ queryKey: ['members'] });
  const path = (member: TeamMember) => `/organisations/${org}/members/${member.user_id}`;
  const restore = useMutation({
    mutationFn: (member: TeamMember) => post<TeamMember>(`${path(member)}/restore`),
    onSuccess: again,
  });
  const drop = useMutation({
    mutationFn: (member: TeamMember) => remove(path(member)),
    onSuccess: again,
  });
  const [bring, end] = [restore.mutate, drop.mutate];
  const columns = useMemo<Column<TeamMember>[]>(
    () => [
      {
        id: 'name',
        head: t('team.person'),
        cell: (member) => (
          <>
            {member.name}
            <div className="sub">{member.email}</div>
          </>
        ),
      },
      {
        id: 'roles',
        head: t('team.roles'),
        cell: (member) => (
          <>
            {member.roles.map((role) => t(`role.${role}`)).join(', ')}
            {member.sites && (
              <div className="sub">
                {t('team.only_at')}{' '}
                {member.sites.map((id) => places.find((site) => site.id === id)?.name ?? id).join(', ')}
              </div>
            )}
          </>
        ),
      },
      {
        id: 'second',
        from: 'desktop',
        head: t('team.second_factor'),
        cell: (member) => (member.second_factor ? t('team.with') : t('team.without')),
      },
      { id: 'seen', from: 'tablet', head: t('team.seen'), cell: (member) => <Ago at={member.seen_at} /> },
      { id: 'since', from: 'desktop', head: t('team.since'), cell: (member) => dateTime(member.since) },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (member) =>
          archived ? (
            rights.restore(member) && (
              <Group gap={4} justify="flex-end" wrap="nowrap">
                <Button
                  size="compact-xs"
                  variant="subtle"
                  aria-label={t('team.restore_named', { name: member.name })}
                  onClick={() => bring(member)}
                >
                  {t('team.restore')}
                </Button>
                <Button
                  size="compact-xs"
                  variant="subtle"
                  color="red"
                  aria-label={t('team.delete_named', { name: member.name })}
                  onClick={() =>
                    ask({
                      title: t('team.delete'),
                      text: t('team.delete_text', { name: member.name }),
                      yes: t('team.delete'),
                      red: true,
                      onYes: () => end(member),
                    })
                  }
                >
                  {t('team.delete')}
                </Button>
              </Group>
            )
          ) : (
            <Group gap={4} justify="flex-end" wrap="nowrap">
              <Button
                size="compact-xs"
                variant="subtle"
                renderRoot={(props) => (
                  <Link to="/org/roles" search={{ person: member.user_id }} {...props} />
                )}
                aria-label={t('why.link_named', { name: member.name })}
              >
                {t('why.link')}
              </Button>
              {rights.open(member) && (
                <Button
                  size="compact-xs"
                  variant="subtle"
                  aria-label={t('team.change_named', { name: member.name })}
                  onClick={() => setOpen(member)}
                >
                  {t('form.edit')}
                </Button>
              )}
            </Group>
          ),
      },
    ],
    [t, archived, rights, places, bring, end],
  );
  const failed = restore.error ?? drop.error;
  return (
    <>
      {failed && <ProblemAlert error={failed} />}
      <div className="filters">
        <TextInput
          data-filter
          w={320}
          aria-label={t('team.find')}
          placeholder={t('team.find')}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={<kbd className="key">/</kbd>}
          value={q}
          onChange={(event) => setQ(event.currentTarget.value)}
        />
      </div>
      <PagedRead
        query={query}
        empty={
          <Empty icon={<IconUsers size={22} />} title={archived ? t('team.none_archived') : t('team.none')} />
        }
      >
        {(rows) => (
          <DataTable
            label={archived ? t('team.archived') : t('team.members')}
            columns={columns}
            rows={rows}
            rowKey={(member) => member.user_id}
          />
        )}
      </PagedRead>
      <Suspense fallback={null}>
        {open && <MemberForm org={org} member={open} close={() => setOpen(null)} />}
      </Suspense>
    </>
  );
}
