// "Why can or can't I do this?": the answer of the policy that is enforced.
import { Group, List, Select } from '@mantine/core';
import { IconCircleCheck, IconLock } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { me, reasons, sites } from '../../api/queries';
import type { Reason, Roles } from '../../api/shapes';
import { useCan } from '../../components/can';
import { Read } from '../../components/page_state';
import { Pill } from '../../components/status_badge';

export function Why({ all }: { all: Roles }) {
  const { t } = useTranslation();
  const can = useCan();
  const mine = useQuery(me).data;
  const places = useQuery({ ...sites, enabled: can('stations.list') }).data?.data ?? [];
  const [permission, setPermission] = useState<string | null>(null);
  const [site, setSite] = useState<string | null>(null);
  const query = useQuery({
    ...reasons(mine?.organisation.id ?? '', mine?.user.id ?? '', { permission, site_id: site }),
    enabled: Boolean(mine && permission),
  });
  const told = (reason: Reason) =>
    t(`reason.${reason.kind}`, {
      names: reason.names
        .map((name) => t(`role.${name}`, { defaultValue: t(`level.${name}`, { defaultValue: name }) }))
        .join(', '),
    });
  return (
    <section className="card" aria-label={t('why.title')} style={{ marginBottom: 16 }}>
      <div className="cardhead">
        <h2 style={{ margin: 0 }}>{t('why.title')}</h2>
      </div>
      <Group align="end" mb="sm">
        <Select
          w={340}
          searchable
          label={t('roles.permission')}
          data={all.permissions.map((one) => ({ value: one.key, label: `${one.title} (${one.key})` }))}
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
