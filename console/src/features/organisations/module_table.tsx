// The modules of an organisation: what is on, what a paid one does, and what each opens.
import { IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Module } from '../../api/shapes';
import { useModuleName } from '../../components/module_name';
import { Pill } from '../../components/status_badge';

export function ModuleTable({ modules, act }: { modules: Module[]; act?: (module: Module) => ReactNode }) {
  const { t } = useTranslation();
  const moduleName = useModuleName();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the table scrolls sideways
    <section className="tablewrap" tabIndex={0} aria-label={t('organisation.modules')}>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">{t('organisation.module')}</th>
            <th scope="col">{t('organisation.opens')}</th>
            <th scope="col">{t('stations.state')}</th>
            {act && <th scope="col">{t('tokens.actions')}</th>}
          </tr>
        </thead>
        <tbody>
          {modules.map((module) => (
            <tr key={module.key}>
              <td>
                {moduleName(module.key)}
                {module.paid && <div className="sub">{t('organisation.paid')}</div>}
              </td>
              <td>
                {module.effect ? (
                  <span>{t(`effect.${module.key}`, { defaultValue: module.effect })}</span>
                ) : (
                  <span className="quiet">
                    {t('organisation.rights', { count: module.permissions.length })}
                  </span>
                )}
              </td>
              <td>
                {module.active ? (
                  <Pill tone="ok" icon={IconCircleCheck} word={t('organisation.active')} />
                ) : (
                  <Pill tone="off" icon={IconCircleDashed} word={t('organisation.inactive')} />
                )}
              </td>
              {act && <td>{act(module)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
