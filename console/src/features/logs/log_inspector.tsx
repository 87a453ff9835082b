// The log inspector, of one station and of many: one row for call and answer, filters in the URL, a virtual list, a detail pane.
import { Autocomplete, Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconFileSearch, IconPlayerPause, IconPlayerPlay, IconSearch, IconX } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { logs } from '../../api/queries';
import { PagedRead } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty } from '../../components/page_state';
import { Flag } from '../../components/status_badge';
import { useNow } from '../../components/values';
import { clock, dateTime, duration } from '../../format';
import { isTyping } from '../shell/shortcuts';
import { LogDetail } from './log_detail';
import { deviationsOf, gist, type LogRow, pair } from './pairing';

const ROW = 34;
const FOLLOW_MS = 3_000;

/** The instant of a local time field, or nothing. */
const instant = (local: string | undefined) => {
  if (!local) return undefined;
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
};

/** What is looked for, as the address keeps it. */
export type LogSearch = {
  station?: string | undefined;
  q?: string | undefined;
  action?: string | undefined;
  direction?: string | undefined;
  errors_only?: string | undefined;
  message_id?: string | undefined;
  session_id?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  entry?: string | undefined;
};

type Props = {
  /** Of one station; else of all within reach. */
  station?: string;
  search: LogSearch;
  set: (next: Partial<LogSearch>) => void;
};

export function LogInspector({ station, search, set }: Props) {
  const { t } = useTranslation();
  const fleet = station === undefined;
  const path = fleet ? '/logs' : `/stations/${station}/logs`;
  const [follow, setFollow] = useState(false);
  const [named, setNamed] = useState(search.station ?? '');
  const name = useDebouncedCallback((text: string) => set({ station: text || undefined }), 250);
  const [text, setText] = useState(search.q ?? '');
  const find = useDebouncedCallback((q: string) => set({ q: q || undefined }), 250);
  const asked = {
    ...(fleet && { station: search.station }),
    message_id: search.message_id,
    session_id: search.session_id,
    q: search.q,
    action: search.action,
    direction: search.direction,
    errors_only: search.errors_only,
    from: instant(search.from),
    to: instant(search.to),
  };
  const query = useInfiniteQuery({
    ...logs(station, asked),
    // Following reads the newest page again; a long scroll back is left alone.
    refetchInterval: (now) => (follow && (now.state.data?.pages.length ?? 0) < 2 ? FOLLOW_MS : false),
  });
  const actions = useMemo(
    () =>
      [...new Set(query.data?.pages.flatMap((p) => p.data.map((e) => e.action ?? '')) ?? [])]
        .filter(Boolean)
        .sort(),
    [query.data],
  );
  return (
    <>
      <div className="filters">
        {fleet && (
          <TextInput
            w={170}
            aria-label={t('log.stations')}
            placeholder={t('log.stations')}
            value={named}
            onChange={(event) => {
              setNamed(event.currentTarget.value);
              name(event.currentTarget.value);
            }}
          />
        )}
        <TextInput
          data-filter
          w={190}
          aria-label={t('log.find')}
          placeholder={t('log.find')}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={<kbd className="key">/</kbd>}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            find(event.currentTarget.value);
          }}
        />
        <Autocomplete
          w={160}
          aria-label={t('log.action')}
          placeholder={t('log.action')}
          data={actions}
          defaultValue={search.action ?? ''}
          onChange={(action) => {
            if (action === '' || actions.includes(action)) set({ action: action || undefined });
          }}
          clearable
          clearButtonProps={{ 'aria-label': t('form.clear') }}
        />
        <Select
          w={150}
          aria-label={t('log.direction')}
          placeholder={t('log.both')}
          data={[
            { value: 'in', label: t('log.in') },
            { value: 'out', label: t('log.out') },
          ]}
          value={search.direction ?? null}
          onChange={(direction) => set({ direction: direction ?? undefined })}
          clearable
          clearButtonProps={{ 'aria-label': t('form.clear') }}
        />
        <TextInput
          w={172}
          type="datetime-local"
          aria-label={t('log.from')}
          value={search.from ?? ''}
          onChange={(event) => set({ from: event.currentTarget.value || undefined })}
        />
        <TextInput
          w={172}
          type="datetime-local"
          aria-label={t('log.to')}
          value={search.to ?? ''}
          onChange={(event) => set({ to: event.currentTarget.value || undefined })}
        />
        <Checkbox
          label={t('log.errors_only')}
          checked={search.errors_only === 'true'}
          onChange={(event) => set({ errors_only: event.currentTarget.checked ? 'true' : undefined })}
        />
        {(search.message_id || search.session_id) && (
          <Button
            variant="light"
            rightSection={<IconX size={14} aria-hidden />}
            onClick={() => set({ message_id: undefined, session_id: undefined })}
          >
            {search.session_id ? t('log.of_session') : t('log.of_message')}
          </Button>
        )}
        <div style={{ flex: 1 }} />
        <Download path={path} query={asked} name="log" need="logs.download" lines />
        <Button
          variant={follow ? 'light' : 'default'}
          leftSection={follow ? <IconPlayerPause size={15} /> : <IconPlayerPlay size={15} />}
          onClick={() => setFollow(!follow)}
          aria-pressed={follow}
        >
          {t('log.follow')}
        </Button>
      </div>
      <PagedRead
        query={query}
        empty={<Empty icon={<IconFileSearch size={22} />} title={t('log.none')} text={t('log.none_text')} />}
      >
        {(entries) => (
          <Inspector
            fleet={fleet}
            narrow={(next) => set({ ...next, entry: undefined })}
            rows={pair(entries)}
            chosen={search.entry}
            choose={(entry) => set({ entry })}
            more={
              query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined
            }
          />
        )}
      </PagedRead>
    </>
  );
}

function Inspector({
  fleet,
  narrow,
  rows,
  chosen,
  choose,
  more,
}: {
  fleet: boolean;
  narrow: (next: Partial<LogSearch>) => void;
  rows: LogRow[];
  chosen: string | undefined;
  choose: (id: string | undefined) => void;
  more: (() => void) | undefined;
}) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 14,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const at = rows.findIndex((row) => row.id === chosen);
  const open = rows[at];
  const move = useRef({ at, rows, choose, to: (_: number) => {} });
  move.current = { at, rows, choose, to: (index) => virtual.scrollToIndex(index) };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return;
      if (document.querySelector('[role="dialog"]')) return;
      const now = move.current;
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      if (event.key === 'Escape') return now.choose(undefined);
      if (!step || (event.key.startsWith('Arrow') && document.activeElement !== box.current)) return;
      event.preventDefault();
      const next = Math.max(0, Math.min(now.rows.length - 1, now.at + step));
      now.choose(now.rows[next]?.id);
      now.to(next);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
  const items = virtual.getVirtualItems();
  const end = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && end >= rows.length - 8 && rows.length > 40) more();
  }, [end, rows.length, more]);
  return (
    <div className="log" data-detail={open ? '' : undefined} data-fleet={fleet ? '' : undefined}>
      <div
        ref={box}
        className="logview"
        role="listbox"
        tabIndex={0}
        aria-label={t('log.list')}
        aria-activedescendant={open ? `log-${open.id}` : undefined}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the list itself takes the keys (j, k, arrows)
              // biome-ignore lint/a11y/useFocusableInteractive: focus stays on the list, as in every listbox
              <div
                key={item.key}
                id={`log-${row.id}`}
                role="option"
                aria-selected={row.id === chosen}
                className="logrow"
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => choose(row.id === chosen ? undefined : row.id)}
              >
                <Line row={row} fleet={fleet} />
              </div>
            );
          })}
        </div>
      </div>
      {open && <LogDetail row={open} fleet={fleet} narrow={narrow} close={() => choose(undefined)} />}
    </div>
  );
}

function Line({ row, fleet }: { row: LogRow; fleet: boolean }) {
  const { t } = useTranslation();
  const now = useNow();
  const odd = deviationsOf(row);
  const unanswered = row.call?.kind === 'call' && !row.answer;
  const age = now - Date.parse(row.at);
  return (
    <>
      <time className="num quiet" dateTime={row.at} title={dateTime(row.at)}>
        {clock(row.at, true)}
      </time>
      {fleet && <span className="action">{row.identity}</span>}
      <span
        className={row.direction === 'in' ? 'arrow-in' : 'arrow-out'}
        role="img"
        aria-label={row.direction === 'in' ? t('log.in') : t('log.out')}
      >
        {row.direction === 'in' ? '→' : '←'}
      </span>
      <span className="action">
        {row.action || t(`log.kind.${(row.call ?? row.answer)?.kind ?? 'unreadable'}`)}
      </span>
      <span className="gist">{gist(row.call) || gist(row.answer)}</span>
      <span className="num quiet" style={{ textAlign: 'right' }}>
        {row.latency !== null ? `${row.latency} ms` : ''}
      </span>
      <span>
        {row.failed ? (
          <Flag
            tone="bad"
            word={row.answer?.error_code ?? row.call?.error_code ?? t('log.kind.unreadable')}
          />
        ) : odd.length > 0 ? (
          <Flag word={t('log.repaired', { count: odd.length })} />
        ) : unanswered && age < 30_000 ? (
          age < 1_000 ? null : (
            <span className="sub num">
              {t('log.waiting')} {duration(age / 1000)}
            </span>
          )
        ) : unanswered ? (
          <Flag word={`${t('log.unanswered')} ${duration(age / 1000)}`} />
        ) : null}
      </span>
    </>
  );
}
