// One organisation below one's own: what it may use, changed by the one above it.
import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUserPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, put, remove } from '../../api/client';
import { invitations, modules, organisation } from '../../api/queries';
import type { Module } from '../../api/shapes';
import { useCan } from '../../components/can';
import { ask } from '../../components/confirm';
import { useModuleName } from '../../components/module_name';
import { PageHead, ProblemAlert, Read } from '../../components/page_state';
import { Invite } from '../team/invite';
import { Pending } from '../team/pending';
import { ModuleTable } from './module_table';

export function SubOrganisationPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/shell/org/sub-organisations/$id' });
  const query = useQuery(organisation(id));
  const can = useCan();
  const has = useQuery(modules(id));
  return (
    <>
      <PageHead
        title={query.data?.name ?? t('nav.sub_organisations')}
        text={<Link to="/org/sub-organisations">{t('nav.sub_organisations')}</Link>}
      />
      <Read query={query} rows={2}>
        {(one) => (
          <Read query={has} rows={10}>
            {(own) => <Editor key={JSON.stringify(own)} id={id} name={one.name} all={own.modules} />}
          </Read>
        )}
      </Read>
      {can('reseller.invite', null) && <FirstAdministrator org={id} />}
    </>
  );
}

/** An organisation that nobody administers yet gets its first Administrator from above. */
function FirstAdministrator({ org }: { org: string }) {
  const { t } = useTranslation();
  const [inviting, invite] = useDisclosure(false);
  const query = useInfiniteQuery(invitations(org, 'member'));
  // Where somebody administers it, its team is its own affair: the list is not there.
  if (!query.data) return null;
  return (
    <section className="card" style={{ marginTop: 16 }}>
      <Group justify="space-between">
        <h2>{t('team.first_administrator')}</h2>
        <Button leftSection={<IconUserPlus size={16} />} onClick={invite.open}>
          {t('team.invite_administrator')}
        </Button>
      </Group>
      <Pending org={org} query={query} none={t('team.first_administrator_text')} />
      {inviting && <Invite to={{ kind: 'administrator', org }} close={invite.close} />}
    </section>
  );
}

function Editor({ id, name, all }: { id: string; name: string; all: Module[] }) {
  const { t } = useTranslation();
  const moduleName = useModuleName();
  const can = useCan();
  const client = useQueryClient();
  const on = all.filter((one) => one.active && !one.paid).map((one) => one.key);
  const [chosen, setChosen] = useState<string[]>(on);
  const again = () => void client.invalidateQueries({ queryKey: ['organisation'] });
  const mayEdit = can('reseller.modules.edit', null);
  const mayPay = can('modules.paid.activate', null);
  const save = useMutation({
    mutationFn: (end_uses: boolean) => put(`/organisations/${id}/modules`, { modules: chosen, end_uses }),
    onSuccess: again,
    onError: (error) => inUse(error, () => save.mutate(true)),
  });
  const pay = useMutation({
    mutationFn: (module: Module) =>
      put(`/organisations/${id}/paid_modules/${module.key}`, { confirm: module.key }),
    onSuccess: again,
  });
  const end = useMutation({
    mutationFn: ({ module, uses }: { module: Module; uses: boolean }) =>
      remove(`/organisations/${id}/paid_modules/${module.key}${uses ? '?end_uses=true' : ''}`),
    onSuccess: again,
    onError: (error, { module }) => inUse(error, () => end.mutate({ module, uses: true })),
  });
  /** Nothing that is in use is taken silently: the uses are named first. */
  const inUse = (error: unknown, yes: () => void) => {
    if (!(error instanceof Problem) || error.code !== 'module_in_use') return;
    ask({
      title: t('organisation.in_use'),
      text: error.detail ?? '',
      yes: t('organisation.end_uses'),
      red: true,
      onYes: yes,
    });
  };
  const failed = [save, pay, end].find((one) => one.isError)?.error;
  const changed = chosen.length !== on.length || chosen.some((key) => !on.includes(key));
  return (
    <Stack>
      {failed ? <ProblemAlert error={failed} /> : null}
      <ModuleTable
        modules={all}
        act={(module) =>
          module.paid ? (
            mayPay && (module.active || module.available) ? (
              <Button
                size="compact-sm"
                variant="light"
                color={module.active ? 'red' : undefined}
                onClick={() =>
                  ask({
                    title: t(module.active ? 'organisation.deactivate' : 'organisation.activate'),
                    text: t(module.active ? 'organisation.deactivate_text' : 'organisation.activate_text', {
                      name,
                      module: t(`paid.${module.key}`, { defaultValue: module.key }),
                      effect: t(`effect.${module.key}`, { defaultValue: module.effect ?? '' }),
                    }),
                    yes: t(module.active ? 'organisation.deactivate' : 'organisation.activate'),
                    red: module.active,
                    onYes: () => (module.active ? end.mutate({ module, uses: false }) : pay.mutate(module)),
                  })
                }
              >
                {t(module.active ? 'organisation.deactivate' : 'organisation.activate')}
              </Button>
            ) : null
          ) : mayEdit && (module.available || module.active) ? (
            <Checkbox
              aria-label={t('organisation.has', { module: moduleName(module.key) })}
              checked={chosen.includes(module.key)}
              onChange={(event) => {
                const keep = event.currentTarget.checked;
                setChosen((keys) =>
                  keep ? [...keys, module.key] : keys.filter((key) => key !== module.key),
                );
              }}
            />
          ) : (
            <Text size="sm" c="dimmed">
              {mayEdit ? t('organisation.not_above') : ''}
            </Text>
          )
        }
      />
      {mayEdit && (
        <Group justify="flex-end">
          <Button disabled={!changed} loading={save.isPending} onClick={() => save.mutate(false)}>
            {t('form.save')}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
