// What happens at the station now: its EVSEs, an hour of power, health, deviations, notices.
import { Button, Group, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlayerStop, IconShieldCheck } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { deviations, notices, session, stationMeter } from '../../api/queries';
import type { Command, Evse, Station, StationMeter } from '../../api/shapes';
import { Can, useCan } from '../../components/can';
import { JsonView } from '../../components/json_view';
import { Empty, Loading, ProblemAlert, Read } from '../../components/page_state';
import { StatusBadge, toneOf } from '../../components/status_badge';
import { TimeSeries } from '../../components/time_series';
import { Ago, Energy, Lasting, Power } from '../../components/values';
import { dateTime, percent, power, protocolName, UNKNOWN } from '../../format';
import { issue } from '../commands/issue';
import { useStation } from './station_page';

export function LiveTab() {
  const { t } = useTranslation();
  const can = useCan();
  const { id, query } = useStation();
  const data = query.data;
  if (!data) return null;
  return (
    <Stack gap="md">
      {data.evses.length === 0 ? (
        <div className="card">
          <Empty title={t('station.no_evses')} text={t('station.no_evses_text')} />
        </div>
      ) : (
        <div
          style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(265px, 1fr))', gap: 14 }}
        >
          {data.evses.map((evse) => (
            <EvseCard key={evse.id} evse={evse} station={data} />
          ))}
        </div>
      )}
      {can('stations.widgets') && <PowerCard id={id} />}
      <div className="two">
        <Health station={data} />
        <Can do="logs.view">
          <Deviations id={id} />
        </Can>
      </div>
      <Can do="logs.view">
        <Notices id={id} />
      </Can>
    </Stack>
  );
}

function EvseCard({ evse, station }: { evse: Evse; station: Station }) {
  const { t } = useTranslation();
  const can = useCan();
  const running = useQuery({
    ...session(evse.session_id ?? ''),
    enabled: Boolean(evse.session_id) && can('sessions.view'),
  });
  const stop = useMutation({
    mutationFn: () => issue(station.id, 'stop_session', { session_id: evse.session_id }),
    onSuccess: (command: Command) =>
      notifications.show({
        title: t('commands.type.stop_session'),
        message: t(`command_state.${command.state}`),
        color: ['accepted', 'completed'].includes(command.state) ? 'volt' : 'red',
      }),
  });
  const status = station.online ? evse.status : 'offline';
  const last = running.data;
  return (
    <section
      className="evse"
      data-tone={toneOf(status)}
      aria-label={t('sessions.evse_n', { n: evse.number })}
    >
      <Group justify="space-between" wrap="nowrap">
        <b>{t('sessions.evse_n', { n: evse.number })}</b>
        <StatusBadge status={status} />
      </Group>
      <div className="big">
        <Power watts={station.online ? evse.power_w : null} flash />
      </div>
      {last && (
        <Group gap={16} className="sub">
          <Energy wattHours={last.energy_wh} />
          <Lasting since={last.state === 'active' ? last.started_at : undefined} seconds={last.duration_s} />
          {last.token && <span className="mono">{last.token.label}</span>}
        </Group>
      )}
      <div className="sub" style={{ display: 'grid', gap: 3 }}>
        {evse.connectors.map((connector) => (
          <div key={connector.number}>
            {t('station.connector_n', { n: connector.number })} ·{' '}
            {t(`status.${connector.status}`, { defaultValue: connector.status })}{' '}
            <Ago at={connector.status_at} />
            {connector.error_code && connector.error_code !== 'NoError' && (
              <div className="tonebad">
                {[connector.error_code, connector.error_info].filter(Boolean).join(': ')}
              </div>
            )}
          </div>
        ))}
      </div>
      {stop.isError && <ProblemAlert error={stop.error} />}
      <Group gap={8}>
        {evse.session_id && can('sessions.view') && (
          <Button
            size="compact-sm"
            variant="default"
            renderRoot={(props) => (
              <Link to="/sessions/$id" params={{ id: evse.session_id ?? '' }} {...props} />
            )}
          >
            {t('station.open_session')}
          </Button>
        )}
        <Can do="stations.control">
          {evse.session_id ? (
            <Button
              size="compact-sm"
              color="red"
              variant="light"
              disabled={!station.online}
              loading={stop.isPending}
              leftSection={<IconPlayerStop size={14} />}
              onClick={() => stop.mutate()}
            >
              {t('station.stop')}
            </Button>
          ) : (
            <Button
              size="compact-sm"
              variant="light"
              renderRoot={(props) => (
                <Link
                  to="/stations/$id/commands"
                  params={{ id: station.id }}
                  search={{ form: 'start_session' }}
                  {...props}
                />
              )}
            >
              {t('station.start')}
            </Button>
          )}
        </Can>
      </Group>
    </section>
  );
}

/** Power of all EVSEs together: now, and the most it has been. Each keeps its last reading until the next. */
export function totals(evses: StationMeter['evses']): { now: number; peak: number } {
  const readings = evses
    .flatMap((evse) =>
      evse.points.map((p) => ({ at: Date.parse(p.at), number: evse.number, w: p.power_w ?? 0 })),
    )
    .sort((a, b) => a.at - b.at);
  const last = new Map<number, number>();
  let now = 0;
  let peak = 0;
  readings.forEach((one, i) => {
    now += one.w - (last.get(one.number) ?? 0);
    last.set(one.number, one.w);
    // readings of one moment count together
    if (readings[i + 1]?.at !== one.at) peak = Math.max(peak, now);
  });
  return { now, peak };
}

function PowerCard({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(stationMeter(id));
  const evses = query.data?.evses;
  const series = useMemo(
    () =>
      (evses ?? []).flatMap((evse) => {
        const measured = {
          name: t('sessions.evse_n', { n: evse.number }),
          unit: 'power' as const,
          area: true,
          points: evse.points.map((p) => [Date.parse(p.at), p.power_w] as [number, number | null]),
        };
        const offered = evse.points.some((p) => p.offered_w != null)
          ? [
              {
                name: t('station.offered_n', { n: evse.number }),
                unit: 'power' as const,
                dashed: true,
                points: evse.points.map(
                  (p) => [Date.parse(p.at), p.offered_w ?? null] as [number, number | null],
                ),
              },
            ]
          : [];
        return [measured, ...offered];
      }),
    [evses, t],
  );
  const some = series.some((one) => one.points.length > 0);
  const { now, peak } = totals(evses ?? []);
  return (
    <section className="card" aria-labelledby="power-title">
      <h2 id="power-title" style={{ margin: '0 0 6px' }}>
        {t('station.power_60')}
      </h2>
      {query.isPending ? (
        <Loading rows={5} />
      ) : query.isError && !query.data ? (
        <ProblemAlert error={query.error} retry={() => void query.refetch()} />
      ) : some ? (
        <TimeSeries
          title={t('station.power_60')}
          summary={t('station.power_summary', { now: power(now), peak: power(peak) })}
          series={series}
        />
      ) : (
        <Empty title={t('station.no_samples')} text={t('station.no_samples_text')} />
      )}
    </section>
  );
}

function Health({ station }: { station: Station }) {
  const { t } = useTranslation();
  const latest = useQuery(stationMeter(station.id))
    .data?.evses.flatMap((evse) => evse.points.slice(-1))
    .sort((a, b) => a.at.localeCompare(b.at))
    .at(-1);
  const facts: [string, React.ReactNode][] = [
    [
      t('station.connection'),
      station.online ? <Lasting key="c" since={station.connected_since} /> : t('status.offline'),
    ],
    [t('station.last_seen'), <Ago key="s" at={station.last_seen_at} stale={900} />],
    [t('station.last_meter'), <Ago key="m" at={latest?.at} stale={900} />],
    [t('stations.protocol'), protocolName(station.protocol)],
    [t('station.vendor'), [station.vendor, station.model].filter(Boolean).join(' ') || UNKNOWN],
    [t('station.serial'), station.serial_number ?? UNKNOWN],
    [t('stations.firmware'), station.firmware_version ?? UNKNOWN],
    [t('station.registration'), t(`registration.${station.registration}`)],
    [t('station.added'), dateTime(station.created_at)],
  ];
  if (latest?.soc_percent != null) facts.splice(3, 0, [t('sessions.soc'), percent(latest.soc_percent)]);
  return (
    <section className="card" aria-labelledby="health">
      <h2 id="health" style={{ margin: '0 0 14px' }}>
        {t('station.health')}
      </h2>
      {station.finding && (
        <p className="tonebad" style={{ marginTop: 0 }}>
          {station.finding.text}
        </p>
      )}
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Deviations({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(deviations(id));
  return (
    <section className="card" aria-labelledby="deviations">
      <h2 id="deviations" style={{ margin: '0 0 14px' }}>
        {t('station.deviations')}
      </h2>
      <Read query={query} rows={3}>
        {(page) =>
          page.data.length === 0 ? (
            <Empty
              icon={<IconShieldCheck size={22} />}
              title={t('station.no_deviations')}
              text={t('station.no_deviations_text')}
            />
          ) : (
            <ul className="plain">
              {page.data.map((one) => (
                <li key={`${one.code}${one.action}${one.text}`} style={{ display: 'block' }}>
                  <Group justify="space-between" gap={8} wrap="nowrap" align="flex-start">
                    <div style={{ minWidth: 0 }}>
                      <div style={{ fontWeight: 560, overflowWrap: 'anywhere' }}>{one.text}</div>
                      <div className="sub">
                        <span className="mono">{one.code}</span>
                        {one.action ? ` · ${one.action}` : ''} · {t('station.times', { count: one.count })}
                      </div>
                    </div>
                    <span className="sub">
                      <Ago at={one.last_at} />
                    </span>
                  </Group>
                </li>
              ))}
            </ul>
          )
        }
      </Read>
    </section>
  );
}

function Notices({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(notices(id));
  if (query.data && query.data.data.length === 0) return null;
  return (
    <section className="card" aria-labelledby="notices">
      <h2 id="notices" style={{ margin: '0 0 14px' }}>
        {t('station.notices')}
      </h2>
      <Read query={query} rows={3}>
        {(page) => (
          <ul className="plain">
            {page.data.slice(0, 30).map((one) => (
              <li key={one.id} style={{ display: 'block' }}>
                <Group justify="space-between" gap={8} wrap="nowrap">
                  <div>
                    {one.title}{' '}
                    <span className="sub">· {t(`notice.${one.kind}`, { defaultValue: one.kind })}</span>
                  </div>
                  <span className="sub">
                    <Ago at={one.at} />
                  </span>
                </Group>
                <details>
                  <summary className="sub" style={{ cursor: 'pointer' }}>
                    {t('station.detail')}
                  </summary>
                  <JsonView value={one.detail} label={one.title} />
                </details>
              </li>
            ))}
          </ul>
        )}
      </Read>
    </section>
  );
}
