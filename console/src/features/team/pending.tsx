// Who is invited and not in yet: how far they are, whether the mail went, and what can be done.
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { me } from '../../api/queries';
import type { Invitation, SentInvitation } from '../../api/shapes';
import { ask } from '../../components/confirm';
import { CopyLine } from '../../components/copy_line';
import { type Column, DataTable, type Listing, PagedRead } from '../../components/data_table';
import { Empty, ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';
import { dateTime, UNKNOWN } from '../../format';
import { EditInvitation } from './edit_invitation';
import { teamRights } from './team_rights';

/** To what somebody is invited, in words. */
function useSubject() {
  const { t } = useTranslation();
  return (one: Invitation) => {
    if (one.purpose === 'organisation') return t('team.own_organisation');
    if (one.purpose === 'site') return one.level ? t(`level.${one.level}`) : UNKNOWN;
    return one.roles.map((role) => t(`role.${role}`)).join(', ');
  };
}

export function Pending({
  query,
  org,
  none,
}: {
  query: Listing<Invitation>;
  /** The organisation that invites; one's own when left out. */
  org?: string;
  none: string;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const who = useQuery(me).data;
  const own = who?.organisation.id ?? '';
  const above = org !== undefined && org !== own;
  const rights = useMemo(() => teamRights(who), [who]);
  const subject = useSubject();
  const [sent, setSent] = useState<SentInvitation | null>(null);
  const [editing, setEditing] = useState<Invitation | null>(null);
  const base = `/organisations/${org ?? own}/invitations`;
  const again = () => void client.invalidateQueries({ queryKey: ['invitations'] });
  const resend = useMutation({
    mutationFn: (one: Invitation) => post<SentInvitation>(`${base}/${one.id}/resend`),
    onSuccess: (answer) => {
      setSent(answer);
      again();
    },
  });
  const withdraw = useMutation({
    mutationFn: (one: Invitation) => remove(`${base}/${one.id}`),
    onSuccess: again,
  });
  const send = resend.mutate;
  const drop = withdraw.mutate;
  const columns = useMemo<Column<Invitation>[]>(
    () => [
      { id: 'email', head: t('team.email'), cell: (one) => one.email },
      { id: 'to', head: t('team.invited_to'), cell: (one) => subject(one) },
      {
        id: 'state',
        head: t('team.state'),
        cell: (one) => (
          <>
            {t(`invitation.${one.state}`)}
            <div className="sub">
              {one.delivery ? t(`delivery.${one.delivery}`) : UNKNOWN}
              {one.delivery_error && `: ${one.delivery_error}`}
            </div>
          </>
        ),
      },
      { id: 'by', from: 'desktop', head: t('team.by'), cell: (one) => one.invited_by },
      { id: 'sent', from: 'tablet', head: t('team.sent'), cell: (one) => <Ago at={one.sent_at} /> },
      { id: 'until', from: 'desktop', head: t('team.until'), cell: (one) => dateTime(one.expires_at) },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (one) =>
          rights.invitation(one, above) && (
            <Group gap={4} justify="flex-end" wrap="nowrap">
              <Button
                size="compact-xs"
                variant="subtle"
                aria-label={t('team.edit_named', { email: one.email })}
                onClick={() => setEditing(one)}
              >
                {t('form.edit')}
              </Button>
              <Button
                size="compact-xs"
                variant="subtle"
                aria-label={t('team.resend_named', { email: one.email })}
                onClick={() => send(one)}
              >
                {t('team.resend')}
              </Button>
              <Button
                size="compact-xs"
                variant="subtle"
                color="red"
                aria-label={t('team.withdraw_named', { email: one.email })}
                onClick={() =>
                  ask({
                    title: t('team.withdraw'),
                    text: t('team.withdraw_text', { email: one.email }),
                    yes: t('team.withdraw'),
                    red: true,
                    onYes: () => drop(one),
                  })
                }
              >
                {t('team.withdraw')}
              </Button>
            </Group>
          ),
      },
    ],
    [t, send, drop, subject, rights, above],
  );
  const failed = resend.error ?? withdraw.error;
  return (
    <>
      {failed && <ProblemAlert error={failed} />}
      <PagedRead query={query} empty={<Empty icon={<IconMail size={22} />} title={none} />}>
        {(rows) => <DataTable label={t('team.pending')} columns={columns} rows={rows} />}
      </PagedRead>
      {editing && <EditInvitation of={editing} base={base} close={() => setEditing(null)} />}
      {sent && (
        <Modal
          opened
          onClose={() => setSent(null)}
          title={t('team.sent_title')}
          closeButtonProps={{ 'aria-label': t('form.close') }}
        >
          <SentNote sent={sent} close={() => setSent(null)} />
        </Modal>
      )}
    </>
  );
}

/** That the mail is under way, or the link where nobody mails it. */
export function SentNote({ sent, close }: { sent: SentInvitation; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack>
      {sent.link ? (
        <>
          <Alert color="yellow" variant="light">
            {t('team.no_mail', { email: sent.invitation.email })}
          </Alert>
          <CopyLine text={sent.link} what={t('team.link')} />
        </>
      ) : (
        <Text>{t('team.mail_goes', { email: sent.invitation.email })}</Text>
      )}
      <Group justify="flex-end">
        <Button onClick={close}>{t('form.close')}</Button>
      </Group>
    </Stack>
  );
}
