// Rows of sessions, with the flags that hold one from billing.

import { IconBolt, IconFlagCheck } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../api/shapes';
import { type Column, DataTable } from '../../components/data_table';
import { Flag, Pill } from '../../components/status_badge';
import { Energy, Lasting, Power } from '../../components/values';
import { shortTime, UNKNOWN } from '../../format';

export function SessionState({ session }: { session: Session }) {
  const { t } = useTranslation();
  return session.state === 'active' ? (
    <Pill tone="active" icon={IconBolt} word={t('sessions.active')} />
  ) : (
    <Pill tone="off" icon={IconFlagCheck} word={t('sessions.ended')} />
  );
}

export function SessionTable({
  rows,
  withStation = true,
  complete = false,
}: {
  rows: Session[];
  withStation?: boolean;
  complete?: boolean;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const columns = useMemo<Column<Session>[]>(
    () => [
      {
        id: 'start',
        head: t('sessions.start'),
        sort: (s) => s.started_at,
        cell: (s) => (
          <Link to="/sessions/$id" params={{ id: s.id }} className="rowlink num">
            {shortTime(s.started_at)}
          </Link>
        ),
      },
      ...(withStation
        ? [
            {
              id: 'station',
              head: t('stations.station'),
              sort: (s: Session) => s.station_identity,
              cell: (s: Session) => (
                <>
                  {s.station_identity}
                  <div className="sub">{s.site_name}</div>
                </>
              ),
            },
          ]
        : []),
      { id: 'evse', from: 'tablet', head: t('sessions.evse'), cell: (s) => s.evse ?? UNKNOWN },
      {
        id: 'token',
        from: 'desktop',
        head: t('sessions.token'),
        cell: (s) => <span className="mono">{s.token?.label ?? UNKNOWN}</span>,
      },
      {
        id: 'energy',
        head: t('sessions.energy'),
        right: true,
        sort: (s) => s.energy_wh,
        cell: (s) => <Energy wattHours={s.energy_wh} />,
      },
      {
        id: 'duration',
        from: 'tablet',
        head: t('sessions.duration'),
        right: true,
        sort: (s) => s.duration_s,
        cell: (s) => <Lasting since={s.state === 'active' ? s.started_at : null} seconds={s.duration_s} />,
      },
      {
        id: 'power',
        from: 'desktop',
        head: t('stations.power'),
        right: true,
        cell: (s) => (s.state === 'active' ? <Power watts={s.power_w} flash /> : UNKNOWN),
      },
      { id: 'state', head: t('stations.state'), cell: (s) => <SessionState session={s} /> },
      {
        id: 'flags',
        head: t('sessions.flags'),
        cell: (s) =>
          s.suspect.length > 0 ? (
            <span className="pills">
              {s.suspect.map((one) => (
                <Flag
                  key={one.code}
                  word={t(`suspect.${one.code}`, { defaultValue: one.code })}
                  hint={one.text}
                />
              ))}
            </span>
          ) : (
            <span className="quiet">{UNKNOWN}</span>
          ),
      },
    ],
    [t, withStation],
  );
  return (
    <DataTable
      label={t('nav.sessions')}
      columns={columns}
      rows={rows}
      complete={complete}
      onOpen={(s) => void navigate({ to: '/sessions/$id', params: { id: s.id } })}
    />
  );
}
