// Rows of alerts with what one may do about each.
import { Button, Checkbox, Group, Menu } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { me } from '../../api/queries';
import type { Alert } from '../../api/shapes';
import { may } from '../../components/can';
import { type Column, DataTable } from '../../components/data_table';
import { ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';
import { UNKNOWN } from '../../format';
import { AlertObject, AlertStateBadge, AlertWord } from './alert_words';

const SNOOZES = [1, 8, 24, 72];
type Act = { id: string; verb: 'acknowledge' | 'snooze' | 'resolve' | 'assign'; body?: unknown };

const ABOUT_SESSIONS: Alert['kind'][] = ['zombie_session', 'no_meter_values'];
export const manages = (kind: Alert['kind']) =>
  ABOUT_SESSIONS.includes(kind) ? ('sessions.alerts.manage' as const) : ('stations.alerts.manage' as const);

export function AlertTable({
  rows,
  withObject = true,
  chosen,
  choose,
}: {
  rows: Alert[];
  withObject?: boolean;
  chosen?: Set<string>;
  choose?: (id: string, on: boolean) => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mine = useQuery(me).data;
  const deed = useMutation({
    mutationFn: ({ id, verb, body }: Act) => post<Alert>(`/alerts/${id}/${verb}`, body),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['alerts'] });
      void client.invalidateQueries({ queryKey: ['overview'] });
    },
  });
  const act = deed.mutate;
  const columns = useMemo<Column<Alert>[]>(() => {
    const handles = (alert: Alert) =>
      alert.state !== 'resolved' && may(mine, manages(alert.kind), alert.site_id ?? null);
    const all: Column<Alert>[] = [];
    if (choose) {
      all.push({
        id: 'choose',
        head: t('jobs.choose_head'),
        cell: (alert) =>
          alert.state === 'open' && handles(alert) ? (
            <Checkbox
              aria-label={t('alerts.choose', { what: t(`alerts.kind.${alert.kind}`) })}
              checked={chosen?.has(alert.id) ?? false}
              onChange={(event) => choose(alert.id, event.currentTarget.checked)}
            />
          ) : null,
      });
    }
    all.push({ id: 'what', head: t('alerts.what'), cell: (alert) => <AlertWord alert={alert} /> });
    if (withObject) {
      all.push({ id: 'object', head: t('alerts.object'), cell: (alert) => <AlertObject alert={alert} /> });
    }
    all.push(
      { id: 'since', head: t('alerts.since'), cell: (alert) => <Ago at={alert.first_at} /> },
      { id: 'count', from: 'desktop', head: t('alerts.count'), right: true, cell: (alert) => alert.count },
      { id: 'state', head: t('stations.state'), cell: (alert) => <AlertStateBadge alert={alert} /> },
      {
        id: 'owner',
        from: 'tablet',
        head: t('alerts.owner'),
        cell: (alert) => alert.owner_name ?? <span className="quiet">{UNKNOWN}</span>,
      },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (alert) =>
          handles(alert) ? (
            <Group gap={6} justify="flex-end" wrap="nowrap">
              {alert.state !== 'acknowledged' && (
                <Button
                  size="compact-xs"
                  variant="light"
                  onClick={() => act({ id: alert.id, verb: 'acknowledge' })}
                >
                  {t('alerts.acknowledge')}
                </Button>
              )}
              <Button
                size="compact-xs"
                variant="subtle"
                onClick={() => act({ id: alert.id, verb: 'resolve' })}
              >
                {t('alerts.resolve')}
              </Button>
              <Menu withinPortal position="bottom-end">
                <Menu.Target>
                  <Button size="compact-xs" variant="subtle">
                    {t('alerts.more')}
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  {alert.owner_id !== mine?.user.id && (
                    <Menu.Item
                      onClick={() => act({ id: alert.id, verb: 'assign', body: { owner_id: mine?.user.id } })}
                    >
                      {t('alerts.take')}
                    </Menu.Item>
                  )}
                  {alert.owner_id && (
                    <Menu.Item onClick={() => act({ id: alert.id, verb: 'assign', body: {} })}>
                      {t('alerts.leave')}
                    </Menu.Item>
                  )}
                  {SNOOZES.map((hours) => (
                    <Menu.Item
                      key={hours}
                      onClick={() =>
                        act({
                          id: alert.id,
                          verb: 'snooze',
                          body: { until: new Date(Date.now() + hours * 3_600_000).toISOString() },
                        })
                      }
                    >
                      {t('alerts.snooze', { count: hours })}
                    </Menu.Item>
                  ))}
                </Menu.Dropdown>
              </Menu>
            </Group>
          ) : null,
      },
    );
    return all;
  }, [t, act, mine, withObject, choose, chosen]);
  return (
    <>
      {deed.isError && <ProblemAlert error={deed.error} />}
      <DataTable label={t('nav.alerts')} columns={columns} rows={rows} />
    </>
  );
}
