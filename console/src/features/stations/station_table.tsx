// The fleet's rows: status, power, what runs, and the top finding in "why".
import { Checkbox } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Station } from '../../api/shapes';
import { type Column, DataTable } from '../../components/data_table';
import { Flag, StationStatus } from '../../components/status_badge';
import { Ago, Power } from '../../components/values';
import { protocolName, UNKNOWN } from '../../format';
import type { Chosen } from './bulk_bar';

/** The reason a row deserves a look: the server's finding, else a connector's error. */
export function why(station: Station): string | null {
  if (station.finding) return station.finding.text;
  for (const evse of station.evses) {
    for (const connector of evse.connectors) {
      if (connector.error_code && connector.error_code !== 'NoError') {
        return [connector.error_code, connector.error_info].filter(Boolean).join(': ');
      }
    }
  }
  return null;
}

export function StationTable({
  rows,
  complete = false,
  brief = false,
  chosen,
  choose,
}: {
  rows: Station[];
  complete?: boolean;
  brief?: boolean;
  /** What is chosen, where something can be done with it. */
  chosen?: Chosen;
  choose?: (next: Chosen) => void;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const columns = useMemo<Column<Station>[]>(() => {
    const all: Column<Station>[] = [
      {
        id: 'identity',
        head: t('stations.station'),
        sort: (station) => station.identity,
        cell: (station) => (
          <>
            <Link to="/stations/$id/live" params={{ id: station.id }} className="rowlink">
              {station.identity}
            </Link>
            <div className="sub">
              {station.name && station.name !== station.identity
                ? station.name
                : [station.vendor, station.model].filter(Boolean).join(' ')}
            </div>
          </>
        ),
      },
      {
        id: 'site',
        from: 'tablet',
        head: t('stations.site'),
        sort: (station) => station.site_name,
        cell: (station) => <span style={{ whiteSpace: 'nowrap' }}>{station.site_name ?? UNKNOWN}</span>,
      },
      {
        id: 'status',
        head: t('stations.state'),
        cell: (station) => (
          <span className="pills">
            <StationStatus station={station} />
            {station.registration !== 'accepted' && (
              <Flag word={t(`registration.${station.registration}`)} hint={t('stations.not_accepted')} />
            )}
          </span>
        ),
      },
      {
        id: 'power',
        head: t('stations.power'),
        sort: (station) => station.power_w,
        right: true,
        cell: (station) => <Power watts={station.online ? station.power_w : null} flash />,
      },
      {
        id: 'seen',
        from: 'desktop',
        head: t('stations.seen'),
        sort: (station) => station.last_seen_at,
        cell: (station) => <Ago at={station.last_seen_at} stale={900} />,
      },
      {
        id: 'why',
        head: t('stations.why'),
        cell: (station) => {
          const reason = why(station);
          return reason ? (
            <span className="tonebad" style={{ fontSize: '0.82rem' }}>
              {reason}
            </span>
          ) : (
            <span className="quiet">{UNKNOWN}</span>
          );
        },
      },
    ];
    const details: Column<Station>[] = [
      {
        id: 'firmware',
        from: 'desktop',
        head: t('stations.firmware'),
        cell: (station) => <span className="mono quiet">{station.firmware_version ?? UNKNOWN}</span>,
      },
      {
        id: 'protocol',
        from: 'desktop',
        head: t('stations.protocol'),
        cell: (station) => <span className="quiet num">{protocolName(station.protocol)}</span>,
      },
    ];
    if (brief) return all;
    const box: Column<Station>[] =
      chosen && choose
        ? [
            {
              id: 'choose',
              head: t('jobs.choose_head'),
              cell: (station) => (
                <Checkbox
                  size="xs"
                  aria-label={t('jobs.choose_station', { identity: station.identity })}
                  checked={chosen.all || chosen.ids.includes(station.id)}
                  disabled={chosen.all}
                  onChange={(event) => {
                    const others = chosen.ids.filter((id) => id !== station.id);
                    choose({
                      ids: event.currentTarget.checked ? [...others, station.id] : others,
                      all: false,
                    });
                  }}
                />
              ),
            },
          ]
        : [];
    return [...box, ...all.slice(0, 4), ...details, ...all.slice(4)];
  }, [t, brief, chosen, choose]);
  return (
    <DataTable
      label={t('stations.table')}
      columns={columns}
      rows={rows}
      complete={complete}
      onOpen={(station) => void navigate({ to: '/stations/$id/live', params: { id: station.id } })}
    />
  );
}
