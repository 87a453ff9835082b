// The one table: typed columns, server-side sort, keyboard (j k Enter), windowed when long, cursor paging.
import { Button, Text } from '@mantine/core';
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { createColumnHelper, type RowData, tableFeatures, useTable } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Page } from '../api/shapes';
import { isTyping } from '../features/shell/shortcuts';
import { Loading, ProblemAlert } from './page_state';

const features = tableFeatures({});
const WINDOWED_FROM = 80;
const ROW = 46;

export type Column<R> = {
  id: string;
  head: string;
  cell: (row: R) => ReactNode;
  /** What to sort by; offered when every row is here. */
  sort?: (row: R) => string | number | null;
  right?: boolean;
  /** The narrowest screen that shows it: what the row opens tells it as well. */
  from?: 'tablet' | 'desktop';
};

const classOf = (column: { right?: boolean; from?: string } | undefined) =>
  [column?.right && 'right', column?.from && `from-${column.from}`].filter(Boolean).join(' ') || undefined;

export function DataTable<R extends RowData & { id?: string }>({
  columns,
  rows,
  rowKey,
  label,
  onOpen,
  complete = false,
}: {
  columns: Column<R>[];
  rows: R[];
  rowKey?: (row: R) => string;
  label: string;
  onOpen?: (row: R) => void;
  /** All rows are loaded, so that sorting here is honest. */
  complete?: boolean;
}) {
  const { t } = useTranslation();
  const defs = useMemo(() => {
    const helper = createColumnHelper<typeof features, R>();
    return columns.map((column) =>
      helper.display({
        id: column.id,
        header: column.head,
        cell: ({ row }) => column.cell(row.original),
      }),
    );
  }, [columns]);
  const keyOf = (row: R, index: number) => rowKey?.(row) ?? row.id ?? String(index);
  // The order is taken when somebody sorts and then kept: live values never move a row under the pointer.
  const [sorted, setSorted] = useState<{ column: string; down: boolean; place: Map<string, number> } | null>(
    null,
  );
  const ordered = useMemo(() => {
    if (!sorted) return rows;
    const place = (row: R, index: number) =>
      sorted.place.get(rowKey?.(row) ?? row.id ?? '') ?? rows.length + index;
    return rows
      .map((row, index) => ({ row, at: place(row, index) }))
      .sort((a, b) => a.at - b.at)
      .map(({ row }) => row);
  }, [rows, sorted, rowKey]);
  const sortBy = (column: Column<R>) => {
    const value = column.sort;
    if (!value) return;
    const down = sorted?.column === column.id && !sorted.down;
    const order = rows
      .map((row, index) => ({ key: keyOf(row, index), value: value(row) }))
      .sort((a, b) => {
        if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
        const less =
          typeof a.value === 'number' && typeof b.value === 'number'
            ? a.value - b.value
            : String(a.value).localeCompare(String(b.value), undefined, { numeric: true });
        return down ? -less : less;
      });
    setSorted({ column: column.id, down, place: new Map(order.map(({ key }, index) => [key, index])) });
  };
  const table = useTable({
    features,
    columns: defs,
    data: ordered,
    getRowId: keyOf,
  });
  const all = table.getRowModel().rows;
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const top = box.current?.getBoundingClientRect().top ?? 0;
    setMargin(top + window.scrollY);
  }, []);
  const windowed = all.length > WINDOWED_FROM;
  const virtual = useWindowVirtualizer({
    count: windowed ? all.length : 0,
    estimateSize: () => ROW,
    overscan: 16,
    scrollMargin: margin,
  });
  const shown = windowed ? virtual.getVirtualItems() : null;
  const before = shown?.[0] ? shown[0].start - margin : 0;
  const after = shown?.length ? virtual.getTotalSize() - ((shown[shown.length - 1]?.end ?? 0) - margin) : 0;

  const keyed = useRef({ at, count: all.length, open: (_: number) => {} });
  keyed.current = {
    at,
    count: all.length,
    open: (index) => {
      const row = all[index];
      if (row && onOpen) onOpen(row.original);
    },
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return;
      if (box.current?.closest('[inert]') || document.querySelector('[role="dialog"]')) return;
      const { at: now, count, open } = keyed.current;
      let next = now;
      if (event.key === 'j') next = Math.min(count - 1, now + 1);
      else if (event.key === 'k') next = Math.max(0, now - 1);
      else if (event.key === 'Enter' && now >= 0) {
        const on = document.activeElement;
        if (on && on !== document.body && on.matches('a,button,[role="tab"]')) return;
        event.preventDefault();
        open(now);
        return;
      } else return;
      event.preventDefault();
      setAt(next);
      box.current?.querySelector(`[data-index="${next}"]`)?.scrollIntoView({ block: 'nearest' });
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);

  const byId = new Map(columns.map((c) => [c.id, c]));
  const line = (index: number) => {
    const row = all[index];
    if (!row) return null;
    return (
      <tr
        key={row.id}
        data-index={index}
        data-row={row.id}
        data-open={onOpen ? '' : undefined}
        data-at={index === at ? '' : undefined}
        onClick={
          onOpen
            ? (event) => {
                if ((event.target as Element).closest('a,button,input')) return;
                if (window.getSelection()?.toString()) return;
                onOpen(row.original);
              }
            : undefined
        }
      >
        {row.getAllCells().map((cell) => (
          <td key={cell.id} className={classOf(byId.get(cell.column.id))}>
            <table.FlexRender cell={cell} />
          </td>
        ))}
      </tr>
    );
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable
    <section className="tablewrap" ref={box} tabIndex={0} aria-label={label}>
      <table className="grid" aria-rowcount={all.length + 1}>
        <thead>
          <tr>
            {columns.map((column) => {
              const down = sorted?.column === column.id && sorted.down;
              const up = sorted?.column === column.id && !sorted.down;
              const order = down ? 'descending' : up ? 'ascending' : undefined;
              return (
                <th key={column.id} scope="col" aria-sort={order} className={classOf(column)}>
                  {column.sort && complete ? (
                    <button type="button" onClick={() => sortBy(column)}>
                      {column.head}
                      {down ? (
                        <IconArrowDown size={13} aria-hidden />
                      ) : up ? (
                        <IconArrowUp size={13} aria-hidden />
                      ) : (
                        <IconArrowsSort size={13} aria-hidden opacity={0.45} />
                      )}
                    </button>
                  ) : (
                    column.head
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {shown ? shown.map((item) => line(item.index)) : all.map((_, index) => line(index))}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </table>
      {onOpen && all.length > 0 && (
        <Text size="xs" c="dimmed" px={14} py={7} visibleFrom="md">
          {t('table.keys')}
        </Text>
      )}
    </section>
  );
}

export type Listing<R> = UseInfiniteQueryResult<InfiniteData<Page<R>>>;
export const rowsOf = <R,>(query: Listing<R>): R[] => query.data?.pages.flatMap((page) => page.data) ?? [];

/** A paged list in each of its states; `children` renders the rows. */
export function PagedRead<R>({
  query,
  empty,
  children,
}: {
  query: Listing<R>;
  empty: ReactNode;
  children: (rows: R[]) => ReactNode;
}) {
  const { t } = useTranslation();
  const pages = query.data?.pages;
  const rows = useMemo(() => pages?.flatMap((page) => page.data) ?? [], [pages]);
  if (query.isPending) return <Loading rows={9} />;
  if (query.isError && !query.data)
    return <ProblemAlert error={query.error} retry={() => void query.refetch()} />;
  if (rows.length === 0) return <div className="card">{empty}</div>;
  return (
    <>
      {query.isError && <ProblemAlert error={query.error} retry={() => void query.refetch()} />}
      {children(rows)}
      {query.hasNextPage && (
        <div style={{ display: 'flex', justifyContent: 'center', marginTop: 14 }}>
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t('table.more')}
          </Button>
        </div>
      )}
    </>
  );
}
