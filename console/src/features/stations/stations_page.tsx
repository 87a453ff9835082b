// The fleet: live states in place, filters in the URL, cursor paging.
import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks';
import { IconChargingPile, IconPlus, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LiveEvent } from '../../api/live';
import { stations } from '../../api/queries';
import type { Station } from '../../api/shapes';
import { CanOrAddOn } from '../../components/add_on';
import { useCan } from '../../components/can';
import { ApplyChanges, useChanges } from '../../components/changes';
import { PagedRead, rowsOf } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty, Loading, PageHead } from '../../components/page_state';
import { useSites } from '../../components/use_sites';
import { BATCHES } from '../jobs/states';
import { FleetNumbers } from '../overview/numbers';
import { ViewPicker } from '../views/view_picker';
import { BulkBar, type Chosen } from './bulk_bar';
import { LookSwitch, lookOf } from './look';
import { StationTable } from './station_table';

const AddStation = lazy(() => import('./add_station').then((own) => ({ default: own.AddStation })));
const ImportStations = lazy(() =>
  import('./import_stations').then((own) => ({ default: own.ImportStations })),
);
const FleetMap = lazy(() => import('../map/fleet_map'));
const Board = lazy(() => import('../board/board'));
const Kiosk = lazy(() => import('../board/kiosk'));

const FILTERS: { key: string; status?: string; online?: 'true' | 'false' }[] = [
  { key: 'all' },
  { key: 'charging', status: 'charging' },
  { key: 'available', status: 'available' },
  { key: 'faulted', status: 'faulted' },
  { key: 'unavailable', status: 'unavailable' },
  { key: 'offline', online: 'false' },
];

const stationId = (event: LiveEvent) => (event.type === 'meter' ? null : event.station_id);

/** Whether a row would still be in the list under these filters. */
export function belongs(station: Station, filter: { status?: string; online?: string }): boolean {
  if (filter.online && String(station.online) !== filter.online) return false;
  if (filter.status && !station.evses.some((evse) => evse.status === filter.status)) return false;
  return true;
}

export function StationsPage() {
  const { kiosk, q, site_id, status, online } = useSearch({ from: '/shell/stations' });
  if (!kiosk) return <Fleet />;
  return (
    <Suspense fallback={<Loading rows={9} />}>
      <Kiosk filter={{ q, site_id, status, online }} />
    </Suspense>
  );
}

function Fleet() {
  const { t } = useTranslation();
  const { show, view, q, site_id, status, online } = useSearch({ from: '/shell/stations' });
  const search = useMemo(() => ({ q, site_id, status, online }), [q, site_id, status, online]);
  const look = lookOf(show);
  const navigate = useNavigate({ from: '/stations' });
  const can = useCan();
  const [adding, add] = useDisclosure(false);
  const many = BATCHES.some((permission) => can(permission));
  const [chosen, choose] = useState<Chosen>({ ids: [], all: false });
  const set = (next: Partial<typeof search> & { show?: string }) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const applyView = useCallback(
    (params: Record<string, string>, id: string | undefined) =>
      void navigate({ search: (old) => ({ ...params, show: old.show, view: id }), replace: true }),
    [navigate],
  );
  const [text, setText] = useState(search.q ?? '');
  const find = useDebouncedCallback((q: string) => set({ q: q || undefined }), 220);
  // The address follows the typing; the field follows the address only while nobody types in it.
  useEffect(() => {
    if (document.activeElement?.matches('[data-filter]')) return;
    setText(search.q ?? '');
  }, [search.q]);

  const query = useInfiniteQuery({ ...stations(search), enabled: look === 'list' });
  const places = useSites();
  const rows = rowsOf(query);
  const known = useMemo(() => new Map(rows.map((row) => [row.id, row])), [rows]);
  const misplaced = useCallback(
    (id: string) => {
      const row = known.get(id);
      if (row) return !belongs(row, search);
      // Of a station that is not shown only an unsearched list can tell that it may be missing.
      if (search.q || search.site_id) return false;
      return Boolean(search.status || search.online) || !query.hasNextPage;
    },
    [known, search, query.hasNextPage],
  );
  const changes = useChanges(stationId, misplaced);
  const filtered = Boolean(search.q || search.site_id || search.status || search.online);
  const filteredFleet = (
    <>
      <div className="filters">
        <TextInput
          data-filter
          aria-label={t('stations.find')}
          placeholder={t('stations.find')}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={<kbd className="key">/</kbd>}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            find(event.currentTarget.value);
          }}
          w={270}
        />
        <Select
          aria-label={t('stations.site')}
          placeholder={t('stations.all_sites')}
          data={places.map((site) => ({ value: site.id, label: site.name }))}
          value={search.site_id ?? null}
          onChange={(value) => set({ site_id: value ?? undefined })}
          clearable
          clearButtonProps={{ 'aria-label': t('form.clear') }}
          searchable
          w={190}
        />
        <div className="chips" role="group" aria-label={t('stations.state')}>
          {FILTERS.map((filter) => (
            <button
              key={filter.key}
              type="button"
              className="chip"
              aria-pressed={search.status === filter.status && search.online === filter.online}
              onClick={() => set({ status: filter.status, online: filter.online })}
            >
              {filter.key === 'all' ? t('stations.all') : t(`status.${filter.key}`)}
            </button>
          ))}
        </div>
        <div style={{ flex: 1 }} />
        {look === 'list' && (
          <ApplyChanges
            count={changes.count}
            apply={() => {
              changes.clear();
              void query.refetch();
            }}
          />
        )}
      </div>
      {many && look === 'list' && (
        <BulkBar
          chosen={chosen}
          choose={choose}
          filter={{
            q: search.q,
            site_id: search.site_id,
            status: search.status ? [search.status] : undefined,
            online: search.online ? search.online === 'true' : undefined,
          }}
        />
      )}
      {look === 'board' ? (
        <Suspense fallback={<Loading rows={9} />}>
          <Board filter={search} />
        </Suspense>
      ) : (
        <PagedRead
          query={query}
          empty={
            filtered ? (
              <Empty
                icon={<IconSearch size={22} />}
                title={t('stations.none_match')}
                action={
                  <Button
                    variant="default"
                    onClick={() =>
                      set({ q: undefined, site_id: undefined, status: undefined, online: undefined })
                    }
                  >
                    {t('form.clear_filters')}
                  </Button>
                }
              />
            ) : (
              <Empty
                icon={<IconChargingPile size={24} />}
                title={t('stations.none')}
                text={t('stations.none_text')}
                action={
                  can('stations.edit', null) && (
                    <Button onClick={() => void navigate({ to: '/connect' })}>{t('nav.connect')}</Button>
                  )
                }
              />
            )
          }
        >
          {(all) => (
            <StationTable
              rows={all}
              complete={!query.hasNextPage}
              chosen={many ? chosen : undefined}
              choose={choose}
            />
          )}
        </PagedRead>
      )}
    </>
  );
  return (
    <>
      <PageHead title={t('nav.stations')} text={t('stations.text')}>
        <Download path="/stations" query={search} name="stations" need="stations.report" />
        <Suspense fallback={null}>
          <ImportStations />
        </Suspense>
        <CanOrAddOn do="stations.edit" word={t('stations.add')}>
          <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
            {t('stations.add')}
          </Button>
        </CanOrAddOn>
      </PageHead>
      <div style={{ marginBottom: 18 }}>
        <FleetNumbers />
      </div>
      <div className="filters">
        <LookSwitch look={look} choose={(next) => set({ show: next === 'list' ? undefined : next })} />
        {look !== 'map' && <ViewPicker list="stations" search={search} view={view} apply={applyView} />}
      </div>
      {look === 'map' ? (
        <Suspense fallback={<Loading rows={9} />}>
          <FleetMap />
        </Suspense>
      ) : (
        filteredFleet
      )}
      {adding && (
        <Suspense>
          <AddStation close={add.close} />
        </Suspense>
      )}
    </>
  );
}
