// The rights matrix, as the server enforces it.
import { Group, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { me, roles } from '../../api/queries';
import { usePermissionTitle } from '../../components/module_name';
import { Empty, PageHead, Read } from '../../components/page_state';
import { viewAs } from '../../components/view_as';
import { RightsMatrix } from './rights_matrix';
import { Why } from './why';

export function RolesPage() {
  const { t } = useTranslation();
  const title = usePermissionTitle();
  const query = useQuery(roles);
  const who = useQuery(me).data;
  const mine = who?.roles ?? [];
  const administers = mine.includes('administrator') && !who?.viewed_as;
  const [text, setText] = useState('');
  return (
    <>
      <PageHead title={t('nav.roles')} text={t('roles.text')} />
      {query.data && administers && (
        <Group mb="md" align="flex-end">
          <Select
            label={t('roles.view_as')}
            description={t('roles.view_as_text')}
            w={320}
            value={null}
            data={query.data.roles.map((role) => ({
              value: role.key,
              label: t(`role.${role.key}`, { defaultValue: role.title }),
            }))}
            onChange={(role) => role && viewAs(role)}
          />
        </Group>
      )}
      {query.data && <Why all={query.data} />}
      <div className="filters">
        <TextInput
          data-filter
          w={320}
          aria-label={t('roles.find')}
          placeholder={t('roles.find')}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={<kbd className="key">/</kbd>}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <Read query={query} rows={10}>
        {(data) => {
          const q = text.trim().toLowerCase();
          const rows = data.permissions.filter(
            (one) =>
              !q ||
              [one.key, one.title, title(one.key, one.title), one.module, one.submodule].some((word) =>
                word?.toLowerCase().includes(q),
              ),
          );
          if (rows.length === 0) {
            return (
              <div className="card">
                <Empty icon={<IconSearch size={22} />} title={t('roles.none')} />
              </div>
            );
          }
          return <RightsMatrix data={data} rows={rows} marked={mine} mark={t('roles.yours')} />;
        }}
      </Read>
    </>
  );
}
