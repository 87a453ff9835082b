// Which role has which permission, from the policy that is enforced.
import { IconCheck, IconMinus } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import type { Roles } from '../../api/shapes';
import { AddOnMark } from '../../components/add_on';
import { useModuleName, usePermissionTitle } from '../../components/module_name';

export function RightsMatrix({
  data,
  rows,
  marked,
  mark,
}: {
  data: Roles;
  rows: Roles['permissions'];
  /** Roles that are one's own, or chosen. */
  marked: readonly string[];
  /** What that is called. */
  mark: string;
}) {
  const { t } = useTranslation();
  const moduleName = useModuleName();
  const title = usePermissionTitle();
  /** Whether the organisation has what the permission belongs to. */
  const state = (row: Roles['permissions'][number]) => {
    if (!row.paid_module) return t('roles.module_off');
    const module = moduleName(row.paid_module);
    return row.active ? t('roles.paid_on', { module }) : t('roles.paid_off', { module });
  };
  const groups = new Map<string, typeof rows>();
  for (const row of rows) {
    const name = row.module ? moduleName(`${row.module}/${row.submodule}`) : t('module.ours');
    groups.set(name, [...(groups.get(name) ?? []), row]);
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
                {marked.includes(role.key) && <div style={{ color: 'var(--accent)' }}>{mark}</div>}
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
                    {title(one.key, one.title)} {!one.active && <AddOnMark />}
                    <div className="sub mono">{one.key}</div>
                    {(one.paid_module || !one.active) && <div className="sub">{state(one)}</div>}
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
}
