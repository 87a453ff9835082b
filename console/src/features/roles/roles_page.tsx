// The rights matrix, as the server enforces it.
import { TextInput } from '@mantine/core';
import { IconCheck, IconMinus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { me, roles } from '../../api/queries';
import { Empty, PageHead, Read } from '../../components/page_state';
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
          const groups = new Map<string, typeof rows>();
          for (const row of rows) {
            const name = [row.module, row.submodule].filter(Boolean).join(' › ');
            groups.set(name, [...(groups.get(name) ?? []), row]);
          }
          if (rows.length === 0) {
            return (
              <div className="card">
                <Empty icon={<IconSearch size={22} />} title={t('roles.none')} />
              </div>
            );
          }
          return (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the matrix scrolls sideways
            <section className="tablewrap" tabIndex={0} aria-label={t('nav.roles')}>
              <table className="grid matrix">
                <thead>
                  <tr>
                    <th scope="col">{t('roles.permission')}</th>
                    {data.roles.map((role) => (
                      <th key={role.key} scope="col" className="rolehead">
                        {t(`role.${role.key}`, { defaultValue: role.title })}
                        {mine.includes(role.key) && (
                          <div style={{ color: 'var(--accent)' }}>{t('roles.yours')}</div>
                        )}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {[...groups].map(([name, members]) => (
                    <Fragment key={name}>
                      <tr className="modulerow">
                        <td colSpan={data.roles.length + 1}>{name}</td>
                      </tr>
                      {members.map((one) => (
                        <tr key={one.key}>
                          <td>
                            {one.title}
                            <div className="sub mono">{one.key}</div>
                          </td>
                          {data.roles.map((role) => (
                            <td key={role.key} className="cell">
                              {one.granted[role.key] ? (
                                <IconCheck
                                  size={18}
                                  stroke={2.5}
                                  role="img"
                                  aria-label={t('roles.yes')}
                                  className="toneok"
                                />
                              ) : (
                                <IconMinus size={15} role="img" aria-label={t('roles.no')} opacity={0.35} />
                              )}
                            </td>
                          ))}
                        </tr>
                      ))}
                    </Fragment>
                  ))}
                </tbody>
              </table>
            </section>
          );
        }}
      </Read>
    </>
  );
}
