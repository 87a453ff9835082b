// The fleet on a map: rings for sites, the list beside follows what is in sight, a drawer with a site's
// stations. Without WebGL the list is there alone, and says so.
import { Drawer, TextInput, useComputedColorScheme } from '@mantine/core';
import { IconMapOff, IconMapPinOff, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { hear } from '../../api/live';
import { siteMap, stations } from '../../api/queries';
import type { SiteMap, SiteOnMap, Station } from '../../api/shapes';
import { PagedRead } from '../../components/data_table';
import { Empty, Loading, Read } from '../../components/page_state';
import { StationStatus } from '../../components/status_badge';
import { Power } from '../../components/values';
import { why } from '../stations/station_table';
import type { View } from './map_canvas';
import { countsOf } from './ring';
import { Legend, Ring, useRingWords } from './ring_words';

const MapCanvas = lazy(() => import('./map_canvas'));

/** How often what was told of stations may have the map counted again, in milliseconds. */
const AT_MOST_EVERY = 2_000;
/** More than these nobody reads one by one. */
const MOST_LISTED = 200;

let drawable: boolean | undefined;
export const hasWebGl = () => {
  if (drawable === undefined) {
    try {
      drawable = document.createElement('canvas').getContext('webgl2') !== null;
    } catch {
      drawable = false;
    }
  }
  return drawable;
};

export const inSight = (site: SiteOnMap, view: View | null) => {
  if (!view) return true;
  const [west, south, east, north] = view;
  if (site.latitude < south || site.latitude > north) return false;
  // The map may have been turned round more than once.
  const turns = [-720, -360, 0, 360, 720];
  return turns.some((turn) => site.longitude + turn >= west && site.longitude + turn <= east);
};

/** Trouble first, then by name. */
const listed = (sites: SiteOnMap[]) =>
  [...sites].sort((a, b) => Number(b.faulted > 0) - Number(a.faulted > 0) || a.name.localeCompare(b.name));

export default function FleetMap() {
  const query = useQuery(siteMap);
  const { refetch } = query;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = hear((event) => {
      if (!/^(station|session)\./.test(event.type)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void refetch();
      }, AT_MOST_EVERY);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [refetch]);
  return <Read query={query}>{(map) => <Shown map={map} />}</Read>;
}

function Shown({ map }: { map: SiteMap }) {
  const { t } = useTranslation();
  const scheme = useComputedColorScheme('light');
  const words = useRingWords();
  const [drawn, setDrawn] = useState(hasWebGl);
  const [view, setView] = useState<View | null>(null);
  const [text, setText] = useState('');
  const [open, setOpen] = useState<string | null>(null);
  const wanted = text.trim().toLowerCase();
  const found = useMemo(
    () =>
      listed(map.sites).filter((site) =>
        // What is looked for is found wherever it is.
        wanted
          ? `${site.name} ${site.city ?? ''}`.toLowerCase().includes(wanted)
          : inSight(site, drawn ? view : null),
      ),
    [map, view, wanted, drawn],
  );
  const counts = useMemo(() => countsOf(found), [found]);
  const chosen = map.sites.find((site) => site.id === open);
  if (map.sites.length === 0) {
    return (
      <div className="card">
        <Empty icon={<IconMapPinOff size={24} />} title={t('map.none')} text={t('map.none_text')} />
      </div>
    );
  }
  return (
    <div className="fleetmap" data-drawn={drawn || undefined}>
      {drawn ? (
        <div className="card flush mapcard">
          <Suspense fallback={<Loading rows={8} />}>
            <MapCanvas
              sites={map.sites}
              scheme={scheme}
              open={setOpen}
              moved={setView}
              failed={() => setDrawn(false)}
            />
          </Suspense>
        </div>
      ) : (
        <p className="mapless" role="status">
          <IconMapOff size={18} aria-hidden /> {t('map.no_webgl')}
        </p>
      )}
      <section className="card flush maplist" aria-label={t('map.list')}>
        <div className="maplisthead">
          <TextInput
            data-filter
            size="xs"
            aria-label={t('map.find')}
            placeholder={t('map.find')}
            leftSection={<IconSearch size={14} aria-hidden />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <p className="quiet" role="status">
            {t(wanted || !drawn ? 'map.found' : 'map.in_sight', {
              count: found.length,
              all: map.sites.length,
            })}
          </p>
          <Legend counts={counts} />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the list scrolls */}
        <div className="mapsites" tabIndex={0} role="region" aria-label={t('map.list_rows')}>
          <ul>
            {found.slice(0, MOST_LISTED).map((site) => (
              <li key={site.id}>
                <button
                  type="button"
                  className="mapopen"
                  onClick={() => setOpen(site.id)}
                  aria-haspopup="dialog"
                >
                  <Ring counts={site} />
                  <span className="mapsite">
                    <b>{site.name}</b>
                    <span className="sub">
                      {site.city ? `${site.city} · ` : ''}
                      {words(site)}
                    </span>
                  </span>
                  <Power watts={site.power_w} />
                </button>
              </li>
            ))}
          </ul>
          {found.length > MOST_LISTED && (
            <p className="quiet mapmore">{t('map.more', { count: found.length - MOST_LISTED })}</p>
          )}
        </div>
        {(map.unplaced > 0 || map.truncated) && (
          <p className="quiet mapfoot">
            {map.truncated && t('map.truncated')}
            {map.unplaced > 0 && <Link to="/sites">{t('map.unplaced', { count: map.unplaced })}</Link>}
          </p>
        )}
      </section>
      <Drawer.Root opened={chosen !== undefined} onClose={() => setOpen(null)} position="right" size="md">
        <Drawer.Overlay />
        <Drawer.Content>
          {/* not the page's own head */}
          <Drawer.Header component="div">
            <Drawer.Title fw={650}>{chosen?.name}</Drawer.Title>
            <Drawer.CloseButton aria-label={t('form.close')} />
          </Drawer.Header>
          <Drawer.Body>{chosen && <SiteStations site={chosen} />}</Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
    </div>
  );
}

/** A site in the drawer: how it stands, and its stations, which change as they are told of. */
function SiteStations({ site }: { site: SiteOnMap }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(stations({ site_id: site.id }));
  return (
    <>
      <Legend counts={site} />
      <p style={{ margin: '8px 0 14px', fontSize: '0.88rem' }}>
        <Link to="/stations" search={{ site_id: site.id }}>
          {t('map.to_list')}
        </Link>{' '}
        ·{' '}
        <Link to="/stations" search={{ site_id: site.id, show: 'board' }}>
          {t('map.to_board')}
        </Link>
      </p>
      <PagedRead query={query} empty={<Empty title={t('map.no_stations')} />}>
        {(rows) => (
          <ul className="drawerlist">
            {rows.map((station) => (
              <Row key={station.id} station={station} />
            ))}
          </ul>
        )}
      </PagedRead>
    </>
  );
}

function Row({ station }: { station: Station }) {
  const reason = why(station);
  return (
    <li>
      <div className="drawerline">
        <Link to="/stations/$id/live" params={{ id: station.id }} className="rowlink">
          {station.identity}
        </Link>
        <Power watts={station.online ? station.power_w : null} flash />
      </div>
      <StationStatus station={station} />
      {reason && <div className="sub tonebad">{reason}</div>}
    </li>
  );
}
