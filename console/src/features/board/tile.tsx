// What the board and the wall screen share: all bays of a filter, and the tile of one.
import { IconLayoutGrid } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Query } from '../../api/client';
import { fleet } from '../../api/queries';
import { rowsOf } from '../../components/data_table';
import { Empty } from '../../components/page_state';
import { StatusBadge, toneOf } from '../../components/status_badge';
import { Lasting, Power } from '../../components/values';
import { type Bay, baysOf } from './bay';

/** All stations of the filter, page after page; the live stream changes them in place. */
export function useFleet(filter: Query) {
  const query = useInfiniteQuery(fleet(filter));
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage]);
  const rows = rowsOf(query);
  return { query, bays: useMemo(() => baysOf(rows), [rows]) };
}

export function Tile({ bay, large }: { bay: Bay; large?: boolean }) {
  const { t } = useTranslation();
  return (
    <li className="bay" data-tone={toneOf(bay.status)} data-large={large || undefined} data-bay={bay.name}>
      <div className="bayhead">
        {large ? (
          <b>{bay.name}</b>
        ) : (
          <Link to="/stations/$id/live" params={{ id: bay.station.id }} className="rowlink">
            {bay.name}
          </Link>
        )}
        <StatusBadge status={bay.status} />
      </div>
      <div className="baybig">
        <Power watts={bay.powerW} flash />
      </div>
      <div className="bayfoot">
        {bay.error ? (
          <span className="tonebad">{bay.error}</span>
        ) : bay.since ? (
          <span>
            {t('board.since')} <Lasting since={bay.since} />
          </span>
        ) : (
          <span>{bay.station.site_name ?? ''}</span>
        )}
      </div>
    </li>
  );
}

export function Nothing() {
  const { t } = useTranslation();
  return (
    <div className="card">
      <Empty icon={<IconLayoutGrid size={24} />} title={t('board.none')} text={t('board.none_text')} />
    </div>
  );
}
