// The inbox: what is wrong in the fleet, how bad, and who sees to it.
import { Button, Group } from '@mantine/core';
import { IconBellCheck, IconSettings } from '@tabler/icons-react';
import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { hear, type LiveEvent } from '../../api/live';
import { alerts } from '../../api/queries';
import type { AcknowledgedAlerts, Alert, Page } from '../../api/shapes';
import { Can } from '../../components/can';
import { ApplyChanges } from '../../components/changes';
import { PagedRead } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { AlertTable } from './alert_table';

const STATES = ['open', 'acknowledged', 'snoozed', 'resolved'] as const;
const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** How many alerts came or changed since the list was read; a list without rows is read again at once. */
function useNews(query: UseInfiniteQueryResult<InfiniteData<Page<Alert>>>) {
  const [ids, setIds] = useState(new Set<string>());
  const { data } = query;
  const shown = useMemo(
    () => new Set(data?.pages.flatMap((page) => page.data.map((row) => row.id)) ?? []),
    [data],
  );
  const listen = useCallback(
    (event: LiveEvent) => {
      const id = event.alert_id;
      if (typeof id !== 'string') return;
      // One that opened is not here yet; of those that changed, the ones that are here matter.
      if ((event.type === 'alert.updated') !== shown.has(id)) return;
      setIds((old) => (old.has(id) ? old : new Set(old).add(id)));
    },
    [shown],
  );
  useEffect(() => hear(listen), [listen]);
  const read = query.dataUpdatedAt;
  // What was read holds all that was heard before.
  useEffect(() => {
    if (read) setIds(new Set());
  }, [read]);
  const { refetch } = query;
  const none = data !== undefined && shown.size === 0;
  useEffect(() => {
    if (none && ids.size > 0) void refetch();
  }, [none, ids, refetch]);
  return none ? 0 : ids.size;
}

export function AlertsPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const search = useSearch({ from: '/shell/alerts' });
  const navigate = useNavigate({ from: '/alerts' });
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const state = search.state ?? 'open';
  const asked = {
    state: state === 'all' ? undefined : state,
    severity: search.severity,
    owner: search.owner,
  };
  const query = useInfiniteQuery(alerts(asked));
  const changes = useNews(query);
  const [chosen, setChosen] = useState(new Set<string>());
  const choose = (id: string, on: boolean) =>
    setChosen((old) => {
      const next = new Set(old);
      if (on) next.add(id);
      else next.delete(id);
      return next;
    });
  const many = useMutation({
    mutationFn: () => post<AcknowledgedAlerts>('/alerts/acknowledge', { ids: [...chosen] }),
    onSettled: () => {
      setChosen(new Set());
      void client.invalidateQueries({ queryKey: ['alerts'] });
    },
  });
  const chip = (on: boolean, word: string, next: Partial<typeof search>) => (
    <button key={word} type="button" className="chip" aria-pressed={on} onClick={() => set(next)}>
      {word}
    </button>
  );
  return (
    <>
      <PageHead title={t('nav.alerts')} text={t('alerts.text')}>
        <Group gap="xs">
          <Button
            variant="default"
            leftSection={<IconSettings size={16} />}
            renderRoot={(props) => <Link to="/alerts/rules" {...props} />}
          >
            {t('alerts.rules')}
          </Button>
          <Download path="/alerts" query={asked} name="alerts" need="alerts.view" />
        </Group>
      </PageHead>
      <div className="filters">
        <div className="chips" role="group" aria-label={t('stations.state')}>
          {STATES.map((one) => chip(state === one, t(`alerts.state.${one}`), { state: one }))}
          {chip(state === 'all', t('alerts.all'), { state: 'all' })}
        </div>
        <div className="chips" role="group" aria-label={t('alerts.how_bad')}>
          {SEVERITIES.map((one) =>
            chip(search.severity === one, t(`alerts.severity.${one}`), {
              severity: search.severity === one ? undefined : one,
            }),
          )}
          {chip(search.owner === 'me', t('alerts.mine'), {
            owner: search.owner === 'me' ? undefined : 'me',
          })}
        </div>
        <ApplyChanges count={changes} apply={() => void query.refetch()} />
        <div style={{ flex: 1 }} />
        <Can do="stations.alerts.manage">
          {chosen.size > 0 && (
            <Button loading={many.isPending} onClick={() => many.mutate()}>
              {t('alerts.acknowledge_chosen', { count: chosen.size })}
            </Button>
          )}
        </Can>
      </div>
      {many.isError && <ProblemAlert error={many.error} />}
      <PagedRead
        query={query}
        empty={
          <Empty icon={<IconBellCheck size={22} />} title={t('alerts.none')} text={t('alerts.none_text')} />
        }
      >
        {(rows) => <AlertTable rows={rows} chosen={chosen} choose={choose} />}
      </PagedRead>
    </>
  );
}
