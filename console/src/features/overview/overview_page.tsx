// First look: the numbers, what needs attention, what is charging now.
import { Anchor, Button } from '@mantine/core';
import { IconBolt, IconPlugConnected, IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { me, overview, sessions, stations } from '../../api/queries';
import { useCan } from '../../components/can';
import { rowsOf } from '../../components/data_table';
import { Empty, Loading, PageHead, ProblemAlert } from '../../components/page_state';
import { StationStatus } from '../../components/status_badge';
import { Ago, Energy, Lasting, Power } from '../../components/values';
import { why } from '../stations/station_table';
import { FirstSteps } from './first_steps';
import { FleetNumbers } from './numbers';

export function OverviewPage() {
  const { t } = useTranslation();
  const can = useCan();
  const person = useQuery(me);
  const numbers = useQuery(overview);
  const seesFleet = can('stations.list');
  const seesSessions = can('sessions.view');
  const faulted = useInfiniteQuery({ ...stations({ status: 'faulted' }), enabled: seesFleet });
  const offline = useInfiniteQuery({ ...stations({ online: false }), enabled: seesFleet });
  const active = useInfiniteQuery({ ...sessions({ state: 'active' }), enabled: seesSessions });
  const trouble = [...new Map([...rowsOf(faulted), ...rowsOf(offline)].map((s) => [s.id, s])).values()].slice(
    0,
    8,
  );
  const running = rowsOf(active).slice(0, 8);
  return (
    <>
      <PageHead
        title={person.data?.organisation.name ?? t('nav.overview')}
        text={t('overview.hello', { name: person.data?.user.name ?? '' })}
      />
      {numbers.isError && <ProblemAlert error={numbers.error} retry={() => void numbers.refetch()} />}
      <FleetNumbers />
      <FirstSteps />
      {numbers.data && numbers.data.unclaimed > 0 && can('stations.edit', null) && (
        <div
          className="card"
          style={{ marginTop: 16, display: 'flex', alignItems: 'center', gap: 14, flexWrap: 'wrap' }}
        >
          <IconPlugConnected size={22} aria-hidden className="tonehold" />
          <b style={{ flex: 1, fontWeight: 600 }}>
            {t('overview.unclaimed', { count: numbers.data.unclaimed })}
          </b>
          <Button component={Link} to="/connect" variant="light" size="xs">
            {t('overview.claim')}
          </Button>
        </div>
      )}
      <div className="two" style={{ marginTop: 16 }}>
        {seesFleet && numbers.data?.stations !== 0 && (
          <section className="card" aria-labelledby="trouble">
            <div className="cardhead">
              <h2 id="trouble" style={{ margin: 0 }}>
                {t('overview.attention')}
              </h2>
              <Anchor component={Link} to="/stations" size="sm">
                {t('overview.all_stations')}
              </Anchor>
            </div>
            {faulted.isPending ? (
              <Loading rows={4} />
            ) : trouble.length === 0 ? (
              <Empty
                icon={<IconShieldCheck size={24} />}
                title={t('overview.all_well')}
                text={t('overview.all_well_text')}
              />
            ) : (
              <ul className="plain">
                {trouble.map((station) => (
                  <li key={station.id}>
                    <div>
                      <Link to="/stations/$id/live" params={{ id: station.id }} className="rowlink">
                        {station.identity}
                      </Link>
                      <div className="sub">{why(station) ?? station.site_name ?? station.name}</div>
                    </div>
                    <StationStatus station={station} />
                    <span className="sub" style={{ minWidth: 64, textAlign: 'right' }}>
                      <Ago at={station.last_seen_at} />
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </section>
        )}
        {seesSessions && numbers.data?.stations !== 0 && (
          <section className="card" aria-labelledby="running">
            <div className="cardhead">
              <h2 id="running" style={{ margin: 0 }}>
                {t('overview.running')}
              </h2>
              <Anchor component={Link} to="/sessions" size="sm">
                {t('overview.all_sessions')}
              </Anchor>
            </div>
            {active.isPending ? (
              <Loading rows={4} />
            ) : running.length === 0 ? (
              <Empty icon={<IconBolt size={24} />} title={t('overview.none_running')} />
            ) : (
              <ul className="plain">
                {running.map((session) => (
                  <li key={session.id} className="wraps">
                    <div>
                      <Link to="/sessions/$id" params={{ id: session.id }} className="rowlink">
                        {session.station_identity}
                      </Link>
                      <div className="sub">
                        {[
                          session.site_name,
                          session.evse === null ? null : t('sessions.evse_n', { n: session.evse }),
                        ]
                          .filter(Boolean)
                          .join(' · ')}
                      </div>
                    </div>
                    <span className="toneactive" style={{ fontWeight: 620 }}>
                      <Power watts={session.power_w} flash />
                    </span>
                    <span className="col">
                      <Energy wattHours={session.energy_wh} />
                    </span>
                    <span className="sub col">
                      <Lasting since={session.started_at} />
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </section>
        )}
      </div>
    </>
  );
}
