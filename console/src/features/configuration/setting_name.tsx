// The name of a setting: its component quieter than the variable, its EVSE behind it.
import { useTranslation } from 'react-i18next';
import type { Name } from './reads';

export function SettingName({ name }: { name: Name }) {
  const { t } = useTranslation();
  return (
    <span style={{ overflowWrap: 'anywhere' }}>
      {name.component && (
        <span className="quiet">{`${name.component}${name.component_instance ? `[${name.component_instance}]` : ''}.`}</span>
      )}
      <b
        style={{ fontWeight: 600 }}
      >{`${name.variable}${name.variable_instance ? `[${name.variable_instance}]` : ''}`}</b>
      {name.evse != null && <span className="sub"> · {t('sessions.evse_n', { n: name.evse })}</span>}
    </span>
  );
}
