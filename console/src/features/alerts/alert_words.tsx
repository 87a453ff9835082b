// What an alert is called, how bad it is and what it is about, the same on every page.
import {
  IconAlertTriangle,
  IconBellOff,
  IconCircleCheck,
  IconEye,
  IconInfoCircle,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Alert } from '../../api/shapes';
import { Flag, Pill, type Tone } from '../../components/status_badge';

const TONES: Record<Alert['severity'], Tone> = { critical: 'bad', warning: 'hold', info: 'busy' };

/** Icon, word and colour of the severity, with the condition. */
export function AlertWord({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  const icon = alert.severity === 'info' ? IconInfoCircle : IconAlertTriangle;
  const of = alert.of_kind ? `: ${t(`alerts.kind.${alert.of_kind}`)}` : '';
  return (
    <Pill
      tone={TONES[alert.severity]}
      icon={icon}
      word={`${t(`alerts.kind.${alert.kind}`)}${of}`}
      hint={`${t(`alerts.severity.${alert.severity}`)}. ${t(`alerts.hint.${alert.kind}`)}`}
    />
  );
}

const STATES = {
  open: { tone: 'bad', icon: IconAlertTriangle },
  acknowledged: { tone: 'busy', icon: IconEye },
  snoozed: { tone: 'off', icon: IconBellOff },
  resolved: { tone: 'ok', icon: IconCircleCheck },
} as const;

export function AlertStateBadge({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  return (
    <span className="pills">
      <Pill {...STATES[alert.state]} word={t(`alerts.state.${alert.state}`)} />
      {alert.muted && <Flag tone="off" word={t('alerts.muted')} hint={t('alerts.muted_hint')} />}
    </span>
  );
}

/** A link to what it is about. */
export function AlertObject({ alert }: { alert: Alert }) {
  const { t } = useTranslation();
  if (!alert.station_id) {
    return (
      <>
        {alert.site_name ?? t('alerts.site')}
        <div className="sub">
          {t('alerts.members', { count: alert.members.length })}{' '}
          {alert.members.map((member) => member.station_identity).join(', ')}
        </div>
      </>
    );
  }
  return (
    <>
      <Link to="/stations/$id/live" params={{ id: alert.station_id }}>
        {alert.station_identity ?? t('notes.station')}
      </Link>
      {alert.evse !== null && alert.evse !== undefined && ` · ${t('alerts.evse', { number: alert.evse })}`}
      {alert.session_id && (
        <>
          {' · '}
          <Link to="/sessions/$id" params={{ id: alert.session_id }}>
            {t('alerts.session')}
          </Link>
        </>
      )}
      <div className="sub">{alert.site_name}</div>
    </>
  );
}
