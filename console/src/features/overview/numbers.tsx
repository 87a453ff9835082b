// The row of numbers above the fleet.
import { Skeleton } from '@mantine/core';
import {
  IconActivity,
  IconAlertTriangle,
  IconBolt,
  IconPlugConnected,
  IconReceipt2,
  IconSunElectricity,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { overview } from '../../api/queries';
import { Energy, Power } from '../../components/values';
import { count, percent } from '../../format';

export function FleetNumbers() {
  const { t } = useTranslation();
  const query = useQuery(overview);
  const data = query.data;
  if (!data) {
    if (query.isError) return null;
    return (
      <div className="kpis six">
        {['a', 'b', 'c', 'd', 'e', 'f'].map((slot) => (
          <Skeleton key={slot} height={88} radius={14} />
        ))}
      </div>
    );
  }
  const share = data.stations > 0 ? Math.round((100 * data.online) / data.stations) : 0;
  return (
    <div className="kpis six" data-testid="numbers">
      <div className="kpi">
        <div className="label">
          <IconBolt size={16} aria-hidden /> {t('numbers.power')}
        </div>
        <div className="value">
          <Power watts={data.power_w} />
        </div>
      </div>
      <Link
        className="kpi"
        data-tone={data.charging > 0 ? 'active' : undefined}
        to="/stations"
        search={{ status: 'charging' }}
      >
        <div className="label">
          <IconActivity size={16} aria-hidden /> {t('numbers.charging')}
        </div>
        <div className="value">{count(data.charging)}</div>
      </Link>
      <Link className="kpi" to="/stations" search={{ online: 'true' }}>
        <div className="label">
          <IconPlugConnected size={16} aria-hidden /> {t('numbers.online')}
        </div>
        <div className="value">
          {count(data.online)} <small>/ {count(data.stations)}</small>
        </div>
        <div className="meterbar" aria-hidden>
          <i style={{ width: `${share}%` }} />
        </div>
        <small>{t('numbers.uptime', { percent: percent(data.uptime_percent_24h) })}</small>
      </Link>
      <Link
        className="kpi"
        data-tone={data.faulted > 0 ? 'bad' : undefined}
        to="/stations"
        search={{ status: 'faulted' }}
      >
        <div className="label">
          <IconAlertTriangle size={16} aria-hidden /> {t('numbers.faulted')}
        </div>
        <div className="value">{count(data.faulted)}</div>
      </Link>
      <Link className="kpi" to="/sessions" search={{ state: 'active' }}>
        <div className="label">
          <IconReceipt2 size={16} aria-hidden /> {t('numbers.sessions')}
        </div>
        <div className="value">{count(data.sessions_active)}</div>
        <small>{t('numbers.plug_ins', { percent: percent(data.plug_in_success_percent_24h) })}</small>
      </Link>
      <div className="kpi">
        <div className="label">
          <IconSunElectricity size={16} aria-hidden /> {t('numbers.energy')}
        </div>
        <div className="value">
          <Energy wattHours={data.energy_today_wh} />
        </div>
      </div>
    </div>
  );
}
