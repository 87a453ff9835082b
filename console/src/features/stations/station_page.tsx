// One station: who it is, its state, and the tabs.
import { Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { me, station } from '../../api/queries';
import { AddOnMark } from '../../components/add_on';
import { AtSite } from '../../components/can';
import { Loading, PageHead, ProblemAlert } from '../../components/page_state';
import { Flag, StatusBadge } from '../../components/status_badge';
import { Ago, Lasting } from '../../components/values';
import { protocolName } from '../../format';
import { TAB_NEEDS } from '../../needs';
import { Guarded } from '../shell/guard';
import { answer } from '../shell/places';

const TABS = [
  { to: '/stations/$id/live', part: 'live' },
  { to: '/stations/$id/sessions', part: 'sessions' },
  { to: '/stations/$id/commands', part: 'commands' },
  { to: '/stations/$id/variables', part: 'variables' },
  { to: '/stations/$id/log', part: 'log' },
  { to: '/stations/$id/alerts', part: 'alerts' },
  { to: '/stations/$id/firmware', part: 'firmware' },
  { to: '/stations/$id/diagnostics', part: 'diagnostics' },
  { to: '/stations/$id/settings', part: 'settings' },
] as const;

export function StationPage() {
  const { t } = useTranslation();
  const who = useQuery(me).data;
  const { id } = useParams({ from: '/shell/stations/$id' });
  const query = useQuery(station(id));
  const data = query.data;
  const path = useRouterState({ select: (s) => s.location.pathname });
  const bar = useRef<HTMLElement>(null);
  const drawn = data !== undefined;
  // On a phone the tabs scroll: the one that is open must be seen.
  useEffect(() => {
    if (!drawn || !path) return;
    const open = bar.current?.querySelector<HTMLElement>('[data-status="active"]');
    if (open && bar.current) bar.current.scrollLeft = open.offsetLeft - bar.current.offsetLeft - 40;
  }, [drawn, path]);
  if (!data) {
    return query.isError ? (
      <ProblemAlert error={query.error} retry={() => void query.refetch()} />
    ) : (
      <Loading rows={8} />
    );
  }
  const tabs = TABS.map((tab) => ({ ...tab, ...answer(who, TAB_NEEDS[tab.part], data.site_id ?? null) }));
  return (
    <AtSite site={data.site_id}>
      <PageHead
        title={
          <Group gap={10} wrap="wrap">
            {data.identity}
            <StatusBadge status={data.online ? 'online' : 'offline'} />
            {data.firmware_update && (
              <Flag tone="busy" word={t('firmware.newer', { version: data.firmware_update })} />
            )}
            {data.registration !== 'accepted' && <Flag word={t(`registration.${data.registration}`)} />}
            {data.admin_state && data.admin_state !== 'in_service' && (
              <Flag
                tone="busy"
                word={t(`admin_state.${data.admin_state}`, { defaultValue: data.admin_state })}
              />
            )}
          </Group>
        }
        text={
          <>
            {[
              data.name === data.identity ? null : data.name,
              [data.vendor, data.model].filter(Boolean).join(' '),
              data.site_name,
              data.protocol && protocolName(data.protocol),
            ]
              .filter(Boolean)
              .join(' · ')}
            {' · '}
            {data.online && data.connected_since ? (
              <>
                {t('station.connected_for')} <Lasting since={data.connected_since} />
              </>
            ) : (
              <>
                {t('station.last_seen')} <Ago at={data.last_seen_at} />
              </>
            )}
          </>
        }
      />
      <nav className="tabs" aria-label={t('tabs.label')} ref={bar}>
        {tabs
          .filter((tab) => tab.may || tab.held)
          .map((tab) => (
            <Link key={tab.to} to={tab.to} params={{ id }} activeOptions={{ includeSearch: false }}>
              {t(`tabs.${tab.part}`)}
              {tab.held && <AddOnMark />}
            </Link>
          ))}
      </nav>
      <Guarded at={data.site_id ?? null}>
        <Outlet />
      </Guarded>
    </AtSite>
  );
}

/** The station of this page; the parent has loaded it before any tab is drawn. */
export function useStation() {
  const { id } = useParams({ from: '/shell/stations/$id' });
  return { id, query: useQuery(station(id)) };
}
