// Call and answer are one row. Pure: entries newest first in, rows newest first out.
import type { LogEntry } from '../../api/shapes';

export type LogRow = {
  id: string;
  at: string;
  station: string;
  identity: string;
  /** Who asked: `in` = the station. */
  direction: 'in' | 'out';
  action: string;
  call: LogEntry | null;
  answer: LogEntry | null;
  latency: number | null;
  failed: boolean;
};

const isAnswer = (entry: LogEntry) => entry.kind === 'result' || entry.kind === 'error';
const asked = (entry: LogEntry): LogRow['direction'] =>
  isAnswer(entry) ? (entry.direction === 'in' ? 'out' : 'in') : entry.direction === 'in' ? 'in' : 'out';

/**
 * Pairs by message id and opposite direction. Stations reuse ids, so an answer belongs to the nearest
 * earlier call; what finds no partner stays a row of its own.
 */
export function pair(entries: LogEntry[]): LogRow[] {
  const rows: LogRow[] = [];
  const waiting = new Map<string, LogRow>();
  for (const entry of entries) {
    const side = asked(entry);
    const key = `${entry.station_id}|${side}|${entry.message_id}`;
    if (!isAnswer(entry) && entry.kind === 'call' && entry.message_id !== null) {
      const row = waiting.get(key);
      if (row) {
        waiting.delete(key);
        row.call = entry;
        row.id = entry.id;
        row.at = entry.at;
        row.action = entry.action ?? row.action;
        row.latency ??= entry.latency_ms ?? Date.parse(row.answer?.at ?? entry.at) - Date.parse(entry.at);
        row.failed ||= entry.deviations.length > 0 && entry.error_code !== null;
        continue;
      }
    }
    const row: LogRow = {
      id: entry.id,
      at: entry.at,
      station: entry.station_id,
      identity: entry.identity,
      direction: side,
      action: entry.action ?? '',
      call: isAnswer(entry) ? null : entry,
      answer: isAnswer(entry) ? entry : null,
      latency: isAnswer(entry) ? entry.latency_ms : null,
      failed: entry.kind === 'error' || entry.kind === 'unreadable' || entry.error_code !== null,
    };
    if (isAnswer(entry) && entry.message_id !== null) waiting.set(key, row);
    rows.push(row);
  }
  return rows.sort((a, b) => b.at.localeCompare(a.at) || b.id.localeCompare(a.id));
}

/** A few words of a payload for the row. */
export function gist(entry: LogEntry | null, most = 160): string {
  const text = entry?.payload ?? '';
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

export const deviationsOf = (row: LogRow) => [
  ...(row.call?.deviations ?? []),
  ...(row.answer?.deviations ?? []),
];
