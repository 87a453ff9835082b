// All sessions: active, suspect, by site; by token only with the right to driver data.
import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconReceipt2, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LiveEvent } from '../../api/live';
import { sessions } from '../../api/queries';
import { useCan } from '../../components/can';
import { ApplyChanges, useChanges } from '../../components/changes';
import { PagedRead, rowsOf } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty, PageHead } from '../../components/page_state';
import { useSites } from '../../components/use_sites';
import { ViewPicker } from '../views/view_picker';
import { SessionTable } from './session_table';

const FILTERS = [
  { key: 'all', state: undefined, suspect: undefined },
  { key: 'active', state: 'active', suspect: undefined },
  { key: 'ended', state: 'ended', suspect: undefined },
  { key: 'suspect', state: undefined, suspect: 'true' },
] as const;
const sessionId = (event: LiveEvent) =>
  event.type === 'session.started' || event.type === 'session.ended' ? event.session_id : null;

export function SessionsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { view, state, suspect, site_id, token: wanted } = useSearch({ from: '/shell/sessions' });
  const search = useMemo(
    () => ({ state, suspect, site_id, token: wanted }),
    [state, suspect, site_id, wanted],
  );
  const navigate = useNavigate({ from: '/sessions' });
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const applyView = useCallback(
    (params: Record<string, string>, id: string | undefined) =>
      void navigate({ search: { ...params, view: id }, replace: true }),
    [navigate],
  );
  const [token, setToken] = useState(search.token ?? '');
  const find = useDebouncedCallback((value: string) => set({ token: value || undefined }), 300);
  const query = useInfiniteQuery(sessions(search));
  const places = useSites();
  const rows = rowsOf(query);
  const known = new Set(rows.map((row) => row.id));
  const signature = [...known].join();
  // the signature stands for the set
  const misplaced = useCallback(
    (id: string) => !known.has(id) || Boolean(search.state),
    [signature, search.state],
  );
  const changes = useChanges(sessionId, misplaced);
  const filtered = Boolean(search.state || search.suspect || search.site_id || search.token);
  return (
    <>
      <PageHead title={t('nav.sessions')} text={t('sessions.text')}>
        <Download path="/sessions" query={search} name="sessions" need="history.report" />
      </PageHead>
      <div className="filters">
        {/* What one searches drivers by is kept nowhere. */}
        <ViewPicker list="sessions" search={{ state, suspect, site_id }} view={view} apply={applyView} />
        <div className="chips" role="group" aria-label={t('stations.state')}>
          {FILTERS.map((filter) => (
            <button
              key={filter.key}
              type="button"
              className="chip"
              aria-pressed={search.state === filter.state && search.suspect === filter.suspect}
              onClick={() => set({ state: filter.state, suspect: filter.suspect })}
            >
              {t(`sessions.${filter.key}`)}
            </button>
          ))}
        </div>
        <Select
          w={190}
          aria-label={t('stations.site')}
          placeholder={t('stations.all_sites')}
          data={places.map((site) => ({ value: site.id, label: site.name }))}
          value={search.site_id ?? null}
          onChange={(value) => set({ site_id: value ?? undefined })}
          clearable
          clearButtonProps={{ 'aria-label': t('form.clear') }}
        />
        {can('drivers.view', null) && (
          <TextInput
            data-filter
            w={210}
            aria-label={t('sessions.by_token')}
            placeholder={t('sessions.by_token')}
            leftSection={<IconSearch size={16} aria-hidden />}
            rightSection={<kbd className="key">/</kbd>}
            value={token}
            onChange={(event) => {
              setToken(event.currentTarget.value);
              find(event.currentTarget.value);
            }}
          />
        )}
        <div style={{ flex: 1 }} />
        <ApplyChanges
          count={changes.count}
          apply={() => {
            changes.clear();
            void query.refetch();
          }}
        />
      </div>
      <PagedRead
        query={query}
        empty={
          <Empty
            icon={<IconReceipt2 size={22} />}
            title={filtered ? t('sessions.none_match') : t('sessions.none')}
            text={filtered ? undefined : t('sessions.none_text')}
            action={
              filtered ? (
                <Button
                  variant="default"
                  onClick={() =>
                    set({ state: undefined, suspect: undefined, site_id: undefined, token: undefined })
                  }
                >
                  {t('form.clear_filters')}
                </Button>
              ) : undefined
            }
          />
        }
      >
        {(all) => <SessionTable rows={all} complete={!query.hasNextPage} />}
      </PagedRead>
    </>
  );
}
