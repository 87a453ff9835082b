// One session: facts, flags, the charge as a chart, its meter values as a table.
import { Alert, Button, Group, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconFileSearch, IconPlayerStop } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { session, sessionMeter } from '../../api/queries';
import type { MeterPoint } from '../../api/shapes';
import { Can } from '../../components/can';
import { type Column, DataTable } from '../../components/data_table';
import { Empty, Loading, PageHead, ProblemAlert, Read } from '../../components/page_state';
import { type Series, TimeSeries } from '../../components/time_series';
import { Energy, Lasting, Power } from '../../components/values';
import { amps, clock, dateTime, energy, percent, power, UNKNOWN, volts } from '../../format';
import { issue } from '../commands/issue';
import { SessionState } from './session_table';

type Row = MeterPoint & { id: string };

export function SessionPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/shell/sessions/$id' });
  const query = useQuery(session(id));
  const meter = useQuery(sessionMeter(id));
  const points = meter.data?.points;
  const data = query.data;
  const stop = useMutation({
    mutationFn: () => issue(data?.station_id ?? '', 'stop_session', { session_id: id }),
    onSuccess: (command) =>
      notifications.show({
        title: t('commands.type.stop_session'),
        message: t(`command_state.${command.state}`),
        color: ['accepted', 'completed'].includes(command.state) ? 'volt' : 'red',
      }),
  });
  const series = useMemo(() => chartOf(points ?? [], t), [points, t]);
  const columns = useMemo(() => columnsOf(points ?? [], t), [points, t]);
  if (!data) {
    return query.isError ? (
      <ProblemAlert error={query.error} retry={() => void query.refetch()} />
    ) : (
      <Loading rows={8} />
    );
  }
  const facts: [string, ReactNode][] = [
    [
      t('stations.station'),
      <Link key="s" to="/stations/$id/live" params={{ id: data.station_id }}>
        {data.station_identity}
      </Link>,
    ],
    [t('stations.site'), data.site_name ?? UNKNOWN],
    [t('sessions.evse'), [data.evse, data.connector].filter((n) => n !== null).join(' / ') || UNKNOWN],
    [t('sessions.start'), dateTime(data.started_at)],
    [t('sessions.end'), dateTime(data.ended_at)],
    [
      t('sessions.token'),
      data.token ? (
        <span key="t" className="mono">
          {data.token.label}
        </span>
      ) : (
        UNKNOWN
      ),
    ],
    [t('sessions.stop_reason'), data.stop_reason ?? UNKNOWN],
    [
      t('sessions.wire_id'),
      <span key="w" className="mono">
        {data.wire_id ?? UNKNOWN}
      </span>,
    ],
  ];
  const peak = Math.max(0, ...(points ?? []).map((p) => p.power_w ?? 0));
  return (
    <Stack gap="md">
      <div style={{ marginBottom: -18 }}>
        <PageHead
          title={
            <Group gap={10}>
              {t('sessions.one', { station: data.station_identity })}
              <SessionState session={data} />
            </Group>
          }
          text={dateTime(data.started_at)}
        >
          <Can do="logs.view">
            <Button
              variant="default"
              leftSection={<IconFileSearch size={15} />}
              renderRoot={(props) => (
                <Link
                  to="/stations/$id/log"
                  params={{ id: data.station_id }}
                  search={{
                    from: localMinute(data.started_at, -60_000),
                    to: data.ended_at ? localMinute(data.ended_at, 120_000) : undefined,
                  }}
                  {...props}
                />
              )}
            >
              {t('sessions.messages')}
            </Button>
          </Can>
          {data.state === 'active' && (
            <Can do="stations.control">
              <Button
                color="red"
                variant="light"
                leftSection={<IconPlayerStop size={15} />}
                loading={stop.isPending}
                onClick={() => stop.mutate()}
              >
                {t('station.stop')}
              </Button>
            </Can>
          )}
        </PageHead>
      </div>
      {stop.isError && <ProblemAlert error={stop.error} />}
      {data.suspect.length > 0 && (
        <Alert
          color="orange"
          variant="light"
          radius="lg"
          icon={<IconAlertTriangle aria-hidden />}
          title={t('sessions.suspect_title')}
          styles={{ title: { color: 'var(--hold)' }, message: { color: 'var(--text)' } }}
        >
          {data.suspect.map((one) => (
            <div key={one.code}>
              <b>{t(`suspect.${one.code}`, { defaultValue: one.code })}</b> – {one.text}
            </div>
          ))}
        </Alert>
      )}
      <div className="kpis">
        {(
          [
            [t('sessions.energy'), <Energy key="e" wattHours={data.energy_wh} />],
            [
              t('sessions.duration'),
              <Lasting
                key="d"
                since={data.state === 'active' ? data.started_at : null}
                seconds={data.duration_s}
              />,
            ],
            [
              data.state === 'active' ? t('sessions.power_now') : t('sessions.peak'),
              <Power key="p" watts={data.state === 'active' ? data.power_w : points?.length ? peak : null} />,
            ],
          ] as [string, ReactNode][]
        ).map(([name, value]) => (
          <div className="kpi" key={name}>
            <div className="label">{name}</div>
            <div className="value">{value}</div>
          </div>
        ))}
      </div>
      <section className="card" aria-labelledby="curve">
        <h2 id="curve" style={{ margin: '0 0 6px' }}>
          {t('sessions.curve')}
        </h2>
        <Read query={meter} rows={5}>
          {(answer) =>
            answer.points.length === 0 ? (
              <Empty title={t('station.no_samples')} text={t('sessions.no_meter_text')} />
            ) : (
              <TimeSeries
                title={t('sessions.curve')}
                summary={t('sessions.curve_summary', {
                  energy: energy(data.energy_wh),
                  peak: power(peak),
                  count: answer.points.length,
                })}
                series={series}
                height={270}
              />
            )
          }
        </Read>
      </section>
      <section className="card" aria-labelledby="facts">
        <h2 id="facts" style={{ margin: '0 0 14px' }}>
          {t('sessions.facts')}
        </h2>
        <dl className="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      {points && points.length > 0 && (
        <>
          <h2 style={{ margin: '6px 0 -4px' }}>{t('sessions.meter')}</h2>
          <DataTable
            label={t('sessions.meter')}
            columns={columns}
            rows={points.map((point, index) => ({ ...point, id: `${point.at}#${index}` }))}
            complete
          />
        </>
      )}
    </Stack>
  );
}

/** As a local time field of the log's filter wants it, a little before or after. */
function localMinute(at: string, shift: number): string {
  const time = Date.parse(at) + shift;
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

type Translate = (key: string) => string;

function chartOf(points: MeterPoint[], t: Translate): Series[] {
  const line = (value: (p: MeterPoint) => number | null | undefined) =>
    points.map((p) => [Date.parse(p.at), value(p) ?? null] as [number, number | null]);
  const series: Series[] = [
    { name: t('stations.power'), unit: 'power', area: true, points: line((p) => p.power_w) },
  ];
  if (points.some((p) => p.offered_w != null)) {
    series.push({
      name: t('sessions.offered'),
      unit: 'power',
      dashed: true,
      points: line((p) => p.offered_w),
    });
  }
  if (points.some((p) => p.soc_percent != null)) {
    series.push({ name: t('sessions.soc'), unit: 'percent', points: line((p) => p.soc_percent) });
  }
  return series;
}

function columnsOf(points: MeterPoint[], t: Translate): Column<Row>[] {
  const columns: Column<Row>[] = [
    {
      id: 'at',
      head: t('chart.time'),
      sort: (p) => p.at,
      cell: (p) => <span className="num">{clock(p.at)}</span>,
    },
    {
      id: 'energy',
      head: t('sessions.register'),
      right: true,
      cell: (p) => <Energy wattHours={p.energy_wh} />,
    },
    { id: 'power', head: t('stations.power'), right: true, cell: (p) => <Power watts={p.power_w} /> },
  ];
  const phases = (
    name: string,
    head: string,
    of: (p: Row) => (number | null)[] | null | undefined,
    write: typeof amps,
  ) => {
    if (!points.some((p) => of(p as Row)?.some((v) => v != null))) return;
    columns.push({
      id: name,
      head,
      right: true,
      cell: (p) => (
        <span className="num">
          {of(p)
            ?.map((v) => write(v))
            .join(' · ') || UNKNOWN}
        </span>
      ),
    });
  };
  phases('current', t('sessions.current'), (p) => p.current_ma, amps);
  phases('voltage', t('sessions.voltage'), (p) => p.voltage_mv, volts);
  if (points.some((p) => p.soc_percent != null)) {
    columns.push({ id: 'soc', head: t('sessions.soc'), right: true, cell: (p) => percent(p.soc_percent) });
  }
  return columns;
}
