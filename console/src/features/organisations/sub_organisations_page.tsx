// The organisations below one's own: listed, and made with the same modules or a set of one's choice.
import { Button, Checkbox, Group, Modal, Radio, ScrollArea, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconBinaryTree2, IconMail, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { invitations, me, modules, subOrganisations } from '../../api/queries';
import type { Organisation } from '../../api/shapes';
import { useCan } from '../../components/can';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { formErrors } from '../../components/form_errors';
import { useModuleName } from '../../components/module_name';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { count, dateTime, UNKNOWN } from '../../format';
import { Invite } from '../team/invite';
import { Pending } from '../team/pending';

export function SubOrganisationsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const own = useQuery(me).data?.organisation.id ?? '';
  const [making, make] = useDisclosure(false);
  const [inviting, invite] = useDisclosure(false);
  const query = useInfiniteQuery({ ...subOrganisations(own), enabled: own !== '' });
  const columns = useMemo<Column<Organisation>[]>(
    () => [
      {
        id: 'name',
        head: t('organisation.name'),
        cell: (one) => (
          <Link to="/org/sub-organisations/$id" params={{ id: one.id }} className="rowlink">
            {one.name}
          </Link>
        ),
      },
      {
        id: 'country',
        from: 'tablet',
        head: t('organisation.country'),
        cell: (one) => one.country ?? UNKNOWN,
      },
      {
        id: 'modules',
        head: t('organisation.modules'),
        right: true,
        cell: (one) => <span className="num">{count(one.modules)}</span>,
      },
      {
        id: 'paid',
        head: t('organisation.paid_modules'),
        cell: (one) =>
          one.paid_modules.map((key) => t(`paid.${key}`, { defaultValue: key })).join(', ') || UNKNOWN,
      },
      {
        id: 'since',
        from: 'desktop',
        head: t('organisation.since'),
        cell: (one) => dateTime(one.created_at),
      },
    ],
    [t],
  );
  const mayMake = can('reseller.create_similar', null) || can('reseller.create_custom', null);
  const create = mayMake && (
    <Button leftSection={<IconPlus size={16} />} onClick={make.open}>
      {t('organisation.make')}
    </Button>
  );
  return (
    <>
      <PageHead title={t('nav.sub_organisations')} text={t('organisation.below_text')}>
        <Group>
          {can('reseller.invite', null) && (
            <Button variant="default" leftSection={<IconMail size={16} />} onClick={invite.open}>
              {t('team.invite_organisation')}
            </Button>
          )}
          {create}
        </Group>
      </PageHead>
      <PagedRead
        query={query}
        empty={
          <Empty
            icon={<IconBinaryTree2 size={22} />}
            title={t('organisation.none')}
            text={t('organisation.none_text')}
            action={create}
          />
        }
      >
        {(rows) => <DataTable label={t('nav.sub_organisations')} columns={columns} rows={rows} />}
      </PagedRead>
      {can('reseller.invite', null) && own !== '' && <Invited own={own} />}
      {inviting && <Invite to={{ kind: 'organisation', org: own }} close={invite.close} />}
      {making && <Maker own={own} close={make.close} />}
    </>
  );
}

function Invited({ own }: { own: string }) {
  const { t } = useTranslation();
  return (
    <>
      <h2>{t('team.pending')}</h2>
      <Pending query={useInfiniteQuery(invitations(own, 'organisation'))} none={t('team.none_pending')} />
    </>
  );
}

function Maker({ own, close }: { own: string; close: () => void }) {
  const { t } = useTranslation();
  const moduleName = useModuleName();
  const can = useCan();
  const client = useQueryClient();
  const navigate = useNavigate();
  const has = useQuery(modules(own)).data?.modules.filter((one) => one.active && !one.paid) ?? [];
  const similar = can('reseller.create_similar', null);
  const custom = can('reseller.create_custom', null);
  const form = useForm({
    initialValues: { name: '', country: '', kind: similar ? 'similar' : 'custom', modules: [] as string[] },
  });
  const save = useMutation({
    mutationFn: ({ name, country, kind, modules }: typeof form.values) =>
      post<Organisation>(`/organisations/${own}/sub_organisations`, {
        name,
        country: country.trim() || null,
        modules: kind === 'custom' ? modules : null,
      }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['organisation', own] });
      close();
      void navigate({ to: '/org/sub-organisations/$id', params: { id: made.id } });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={t('organisation.make')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {save.isError && <ProblemAlert error={save.error} />}
          <TextInput label={t('organisation.name')} required data-autofocus {...form.getInputProps('name')} />
          <TextInput label={t('organisation.country')} maxLength={2} {...form.getInputProps('country')} />
          {similar && custom && (
            <Radio.Group label={t('organisation.modules')} {...form.getInputProps('kind')}>
              <Stack gap={6} mt={6}>
                <Radio value="similar" label={t('organisation.similar')} />
                <Radio value="custom" label={t('organisation.custom')} />
              </Stack>
            </Radio.Group>
          )}
          {form.values.kind === 'custom' && (
            <ScrollArea.Autosize mah={260} type="auto" viewportProps={{ tabIndex: 0 }}>
              <Checkbox.Group aria-label={t('organisation.modules')} {...form.getInputProps('modules')}>
                <Stack gap={6}>
                  {has.map((one) => (
                    <Checkbox key={one.key} value={one.key} label={moduleName(one.key)} />
                  ))}
                </Stack>
              </Checkbox.Group>
            </ScrollArea.Autosize>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('form.cancel')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t('organisation.make')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
