// Rules: what counts as an alert where, for how long, at which hours, and who is told.
import { Button, Group, Switch, Text } from '@mantine/core';
import { IconBellCog, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, remove } from '../../api/client';
import { alertRules, me, rulePreview } from '../../api/queries';
import type { AlertRule } from '../../api/shapes';
import { may } from '../../components/can';
import { ask } from '../../components/confirm';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Empty, PageHead, ProblemAlert } from '../../components/page_state';
import { RuleForm } from './rule_form';

export function RulesPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useInfiniteQuery(alertRules);
  const mine = useQuery(me).data;
  const manage = may(mine, 'stations.alerts.manage', null);
  const [edited, edit] = useState<AlertRule | 'new' | null>(null);
  const again = () => void client.invalidateQueries({ queryKey: ['alert_rules'] });
  const turn = useMutation({
    mutationFn: ({ id, enabled }: AlertRule) => patch(`/alert_rules/${id}`, { enabled: !enabled }),
    onSettled: again,
  });
  const drop = useMutation({ mutationFn: (id: string) => remove(`/alert_rules/${id}`), onSettled: again });
  const [flip, end] = [turn.mutate, drop.mutate];
  const columns = useMemo<Column<AlertRule>[]>(
    () => [
      {
        id: 'name',
        head: t('alerts.what'),
        cell: (rule) => (
          <>
            {rule.name || t(`alerts.kind.${rule.kind}`)}
            <div className="sub wraps">{t(`alerts.hint.${rule.kind}`)}</div>
          </>
        ),
      },
      {
        id: 'after',
        from: 'tablet',
        head: t('rules.after'),
        cell: (rule) => (
          <>
            {t('rules.minutes', { count: rule.minutes })}
            {rule.threshold !== null && rule.threshold !== undefined && (
              <div className="sub">{t(`rules.threshold.${rule.kind}`, { count: rule.threshold })}</div>
            )}
          </>
        ),
      },
      {
        id: 'scope',
        from: 'desktop',
        head: t('rules.where'),
        cell: (rule) => {
          const places = rule.scope.sites.length + rule.scope.stations.length;
          return places > 0 ? t('rules.places', { count: places }) : t('rules.everywhere');
        },
      },
      {
        id: 'hours',
        from: 'desktop',
        head: t('rules.hours'),
        cell: (rule) => (rule.hours ? t('rules.some_hours') : t('rules.always')),
      },
      {
        id: 'preview',
        from: 'desktop',
        head: t('rules.preview'),
        cell: (rule) => (rule.can_be_previewed ? <Preview id={rule.id} /> : t('rules.no_preview')),
      },
      {
        id: 'on',
        head: t('rules.on'),
        cell: (rule) => (
          <Switch
            aria-label={t('rules.on_named', { name: rule.name || t(`alerts.kind.${rule.kind}`) })}
            checked={rule.enabled}
            disabled={!manage}
            onChange={() => flip(rule)}
          />
        ),
      },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (rule) =>
          manage ? (
            <Group gap={6} justify="flex-end" wrap="nowrap">
              <Button size="compact-xs" variant="light" onClick={() => edit(rule)}>
                {t('rules.edit')}
              </Button>
              <Button
                size="compact-xs"
                variant="subtle"
                color="red"
                onClick={() =>
                  ask({
                    title: t('rules.remove'),
                    text: t('rules.remove_text'),
                    yes: t('rules.remove'),
                    red: true,
                    onYes: () => end(rule.id),
                  })
                }
              >
                {t('rules.remove')}
              </Button>
            </Group>
          ) : null,
      },
    ],
    [t, manage, flip, end],
  );
  return (
    <>
      <PageHead title={t('alerts.rules')} text={t('rules.text')}>
        <Group gap="xs">
          <Button variant="default" renderRoot={(props) => <Link to="/alerts" {...props} />}>
            {t('nav.alerts')}
          </Button>
          {manage && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => edit('new')}>
              {t('rules.make')}
            </Button>
          )}
        </Group>
      </PageHead>
      {turn.isError && <ProblemAlert error={turn.error} />}
      {drop.isError && <ProblemAlert error={drop.error} />}
      <PagedRead
        query={query}
        empty={<Empty icon={<IconBellCog size={22} />} title={t('rules.none')} text={t('rules.none_text')} />}
      >
        {(rows) => <DataTable label={t('alerts.rules')} columns={columns} rows={rows} />}
      </PagedRead>
      {edited && <RuleForm rule={edited === 'new' ? null : edited} close={() => edit(null)} saved={again} />}
    </>
  );
}

function Preview({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data } = useQuery(rulePreview(id));
  if (!data || data.times === null || data.times === undefined) return null;
  return <Text size="sm">{t('rules.would', { count: data.times })}</Text>;
}
