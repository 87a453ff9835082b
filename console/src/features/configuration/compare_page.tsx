// Two stations beside each other, setting by setting.
import { Checkbox, Select } from '@mantine/core';
import { IconArrowsLeftRight } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { stations } from '../../api/queries';
import { type Column, DataTable } from '../../components/data_table';
import { Empty, PageHead, Read } from '../../components/page_state';
import { Flag } from '../../components/status_badge';
import { UNKNOWN } from '../../format';
import { type Compared, compared, keyOf, shownName } from './reads';
import { SettingName } from './setting_name';

export function ComparePage() {
  const { t } = useTranslation();
  const { one = '', other = '' } = useSearch({ from: '/shell/compare' });
  const navigate = useNavigate({ from: '/compare' });
  const [different, setDifferent] = useState(true);
  const list = useInfiniteQuery(stations({}));
  const known = list.data?.pages.flatMap((page) => page.data) ?? [];
  const choices = known.map((station) => ({ value: station.id, label: station.identity }));
  const nameOf = (id: string) => known.find((station) => station.id === id)?.identity ?? UNKNOWN;
  const query = useQuery({ ...compared(one, other, different), enabled: one !== '' && other !== '' });
  const columns: Column<Compared>[] = useMemo(
    () => [
      {
        id: 'name',
        head: t('variables.name'),
        sort: (row) => shownName(row.name),
        cell: (row) => <SettingName name={row.name} />,
      },
      {
        id: 'left',
        head: nameOf(one),
        cell: (row) => <span className="mono">{row.left ?? UNKNOWN}</span>,
      },
      {
        id: 'right',
        head: nameOf(other),
        cell: (row) => <span className="mono">{row.right ?? UNKNOWN}</span>,
      },
      {
        id: 'same',
        head: t('configuration.notes'),
        cell: (row) =>
          row.same ? (
            <span className="sub">{t('configuration.same')}</span>
          ) : (
            <Flag word={t('configuration.different')} />
          ),
      },
    ],
    // The names follow the list.
    [t, one, other, known.length],
  );
  const pick = (side: 'one' | 'other') => (value: string | null) =>
    void navigate({ search: (before) => ({ ...before, [side]: value ?? undefined }), replace: true });
  return (
    <>
      <PageHead title={t('configuration.compare')} text={t('configuration.compare_text')} />
      <div className="filters">
        <Select
          searchable
          label={t('configuration.first')}
          data={choices}
          value={one || null}
          onChange={pick('one')}
        />
        <Select
          searchable
          label={t('configuration.second')}
          data={choices}
          value={other || null}
          onChange={pick('other')}
        />
        <Checkbox
          label={t('configuration.only_different')}
          checked={different}
          onChange={(event) => setDifferent(event.currentTarget.checked)}
        />
      </div>
      {one && other ? (
        <Read query={query} rows={9}>
          {(rows) =>
            rows.length === 0 ? (
              <div className="card">
                <Empty icon={<IconArrowsLeftRight size={22} />} title={t('configuration.all_same')} />
              </div>
            ) : (
              <DataTable
                label={t('configuration.compare')}
                columns={columns}
                rows={rows}
                rowKey={(row) => keyOf(row.name)}
                complete
              />
            )
          }
        </Read>
      ) : (
        <div className="card">
          <Empty icon={<IconArrowsLeftRight size={22} />} title={t('configuration.choose')} />
        </div>
      )}
    </>
  );
}
