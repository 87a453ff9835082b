// Settings of the fleet that are not as wished.
import { Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconCheck, IconSearch } from '@tabler/icons-react';
import { infiniteQueryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Query } from '../../api/client';
import type { Page } from '../../api/shapes';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty, PageHead } from '../../components/page_state';
import { Flag } from '../../components/status_badge';
import { Ago } from '../../components/values';
import { UNKNOWN } from '../../format';
import { type FleetDrift, keyOf, templates } from './reads';
import { SettingName } from './setting_name';

const drift = (query: Query) =>
  infiniteQueryOptions({
    queryKey: ['drift', query],
    queryFn: ({ pageParam, signal }) =>
      get<Page<FleetDrift>>(
        '/settings/drift',
        { ...query, limit: 50, cursor: pageParam ?? undefined },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : undefined),
  });

export function DriftPage() {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 250);
  const [template_id, setTemplate] = useState('');
  const all = useQuery(templates);
  const asked = { q, template_id };
  const query = useInfiniteQuery(drift(asked));
  const columns = useMemo<Column<FleetDrift>[]>(
    () => [
      {
        id: 'station',
        head: t('configuration.station'),
        cell: (one) => (
          <Link to="/stations/$id/variables" params={{ id: one.station_id }} className="rowlink">
            {one.identity}
          </Link>
        ),
      },
      { id: 'name', head: t('variables.name'), cell: (one) => <SettingName name={one.name} /> },
      { id: 'found', head: t('configuration.found'), cell: (one) => one.found ?? UNKNOWN },
      { id: 'wished', head: t('configuration.wish'), cell: (one) => one.wished },
      {
        id: 'state',
        head: t('configuration.stands'),
        cell: (one) => <Flag word={t(`configuration.state.${one.state}`)} />,
      },
      {
        id: 'at',
        from: 'desktop',
        head: t('configuration.answered'),
        cell: (one) => <Ago at={one.outcome_at} />,
      },
    ],
    [t],
  );
  return (
    <>
      <PageHead title={t('configuration.drift')} text={t('configuration.drift_text')}>
        <Download path="/settings/drift" query={asked} name="drift" need="stations.report" />
      </PageHead>
      <div className="filters">
        <TextInput
          data-filter
          w={280}
          aria-label={t('configuration.find_drift')}
          placeholder={t('configuration.find_drift')}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          w={210}
          aria-label={t('configuration.template')}
          allowDeselect={false}
          value={template_id}
          onChange={(value) => setTemplate(value ?? '')}
          data={[
            { value: '', label: t('configuration.all_templates') },
            ...(all.data ?? []).map((one) => ({ value: one.id, label: one.says.name })),
          ]}
        />
      </div>
      <PagedRead
        query={query}
        empty={<Empty icon={<IconCheck size={22} />} title={t('configuration.no_drift')} />}
      >
        {(rows) => (
          <DataTable
            label={t('configuration.drift')}
            columns={columns}
            rows={rows}
            rowKey={(one) => `${one.station_id} ${keyOf(one.name)}`}
          />
        )}
      </PagedRead>
    </>
  );
}
