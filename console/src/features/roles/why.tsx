// "Why can or can't somebody do this?": the answer of the policy that is enforced; about others for whoever sees the
// team.
import { Group, List, Select } from '@mantine/core';
import { IconCircleCheck, IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { me, reasons } from '../../api/queries';
import type { Reason, Roles } from '../../api/shapes';
import { useCan } from '../../components/can';
import { useModuleName, usePermissionTitle } from '../../components/module_name';
import { Read } from '../../components/page_state';
import { PersonPicker } from '../../components/person_picker';
import { Pill } from '../../components/status_badge';
import { useSites } from '../../components/use_sites';

export function Why({ all }: { all: Roles }) {
  const { t } = useTranslation();
  const can = useCan();
  const mine = useQuery(me).data;
  const places = useSites();
  const permissionTitle = usePermissionTitle();
  const moduleName = useModuleName();
  const { person } = useSearch({ from: '/shell/org/roles' });
  const navigate = useNavigate({ from: '/org/roles' });
  const others = can('team.members.view', null);
  const about = (others && person) || mine?.user.id || '';
  const [permission, setPermission] = useState<string | null>(null);
  const [site, setSite] = useState<string | null>(null);
  const query = useQuery({
    ...reasons(mine?.organisation.id ?? '', about, { permission, site_id: site }),
    enabled: Boolean(mine && permission),
  });
  const told = (reason: Reason) =>
    t(`reason.${reason.kind}`, {
      names: reason.names
        .map((name) =>
          reason.kind === 'single'
            ? permissionTitle(name)
            : t(`role.${name}`, { defaultValue: t(`level.${name}`, { defaultValue: moduleName(name) }) }),
        )
        .join(', '),
    });
  return (
    <section className="card" aria-label={t('why.title')} style={{ marginBottom: 16 }}>
      <div className="cardhead">
        <h2 style={{ margin: 0 }}>{t('why.title')}</h2>
      </div>
      <Group align="end" mb="sm">
        {others && (
          <PersonPicker
            label={t('why.who')}
            placeholder={t('why.me')}
            value={person ?? null}
            onChange={(id) => void navigate({ search: { person: id ?? undefined }, replace: true })}
          />
        )}
        <Select
          w={340}
          searchable
          label={t('roles.permission')}
          data={all.permissions.map((one) => ({
            value: one.key,
            label: `${permissionTitle(one.key, one.title)} (${one.key})`,
          }))}
          value={permission}
          onChange={setPermission}
        />
        <Select
          w={240}
          clearable
          clearButtonProps={{ 'aria-label': t('why.everywhere') }}
          label={t('why.where')}
          placeholder={t('why.everywhere')}
          data={places.map((one) => ({ value: one.id, label: one.name }))}
          value={site}
          onChange={setSite}
        />
      </Group>
      {permission && (
        <Read query={query} rows={2}>
          {(answer) => (
            <div role="status">
              {answer.allowed ? (
                <Pill tone="ok" icon={IconCircleCheck} word={t('why.yes')} />
              ) : (
                <Pill tone="bad" icon={IconLock} word={t('why.no')} />
              )}
              <List mt="xs" size="sm">
                {[...answer.because, ...answer.blocked].map((reason) => (
                  <List.Item key={reason.kind + reason.names.join()}>{told(reason)}</List.Item>
                ))}
              </List>
            </div>
          )}
        </Read>
      )}
    </section>
  );
}
