// The rights matrix, as the server enforces it.
import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { me, roles } from '../../api/queries';
import { Empty, PageHead, Read } from '../../components/page_state';
import { RightsMatrix } from './rights_matrix';
import { Why } from './why';

export function RolesPage() {
  const { t } = useTranslation();
  const query = useQuery(roles);
  const mine = useQuery(me).data?.roles ?? [];
  const [text, setText] = useState('');
  return (
    <>
      <PageHead title={t('nav.roles')} text={t('roles.text')} />
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
              [one.key, one.title, one.module, one.submodule].some((word) => word?.toLowerCase().includes(q)),
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
