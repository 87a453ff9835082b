// For how much of thirty days a station or site was connected, and how many tries to charge came to energy.
import { useTranslation } from 'react-i18next';
import type { Uptime } from '../../api/shapes';
import { percent } from '../../format';

export function Reliability({ seen }: { seen: Uptime }) {
  const { t } = useTranslation();
  const values = [
    { word: t('uptime.connected'), value: seen.uptime_percent, of: null },
    { word: t('uptime.day'), value: seen.plug_ins_24h.success_percent, of: seen.plug_ins_24h.tries },
    { word: t('uptime.week'), value: seen.plug_ins_7d.success_percent, of: seen.plug_ins_7d.tries },
    { word: t('uptime.month'), value: seen.plug_ins_30d.success_percent, of: seen.plug_ins_30d.tries },
  ];
  return (
    <div className="kpis" data-testid="reliability">
      {values.map(({ word, value, of }) => (
        <div className="kpi" key={word}>
          <div className="label">{word}</div>
          <div className="value">
            {percent(value)} {of !== null && <small>{t('uptime.of', { count: of })}</small>}
          </div>
        </div>
      ))}
    </div>
  );
}
