// The board: a tile a bay. Only the rows in sight are drawn.
import { Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Query } from '../../api/client';
import { Loading, ProblemAlert } from '../../components/page_state';
import { fit } from './bay';
import { Nothing, Tile, useFleet } from './tile';

const TILE = { width: 208, height: 142, gap: 10 };

export default function Board({ filter }: { filter: Query }) {
  const { t } = useTranslation();
  const { query, bays } = useFleet(filter);
  const { ref, width } = useElementSize<HTMLElement>();
  const box = useRef<HTMLElement | null>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(box.current?.offsetTop ?? 0), [width]);
  const columns = fit(width || 1_000, 1, TILE).columns;
  const rows = Math.ceil(bays.length / columns);
  const virtual = useWindowVirtualizer({
    count: rows,
    estimateSize: () => TILE.height + TILE.gap,
    overscan: 3,
    scrollMargin: top,
  });
  if (query.isPending) return <Loading rows={9} />;
  if (query.isError && bays.length === 0)
    return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  if (bays.length === 0) return <Nothing />;
  const shown = virtual.getVirtualItems();
  return (
    <section
      ref={(element) => {
        box.current = element;
        ref(element);
      }}
      aria-label={t('board.title')}
    >
      {query.isError && <ProblemAlert error={query.error} retry={() => void query.refetch()} />}
      <Text size="sm" c="dimmed" mb={8} role="status">
        {t('board.count', { count: bays.length })}
        {query.hasNextPage && ` ${t('board.more_come')}`}
      </Text>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {shown.map((row) => (
          <ul
            key={row.key}
            className="bays"
            style={{
              position: 'absolute',
              insetInline: 0,
              transform: `translateY(${row.start - virtual.options.scrollMargin}px)`,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
              height: TILE.height,
            }}
          >
            {bays.slice(row.index * columns, (row.index + 1) * columns).map((bay) => (
              <Tile key={bay.id} bay={bay} />
            ))}
          </ul>
        ))}
      </div>
    </section>
  );
}
