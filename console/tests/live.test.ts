import { expect, test, vi } from 'vitest';
import { apply, changed, emptyPlan, extend, type LiveEvent, mapRows, note } from '../src/api/live';
import { diagnostics, firmwareUpdates, keys, queryClient, stations } from '../src/api/queries';
import type { Session, Station } from '../src/api/shapes';
import { openStream, parser } from '../src/api/stream';

const at = '2026-03-02T12:00:00Z';
const station = (id: string): Station =>
  ({
    id,
    identity: id.toUpperCase(),
    online: true,
    power_w: 10,
    evses: [1, 2].map((number) => ({
      id: `${id}-${number}`,
      number,
      status: 'available',
      power_w: number === 1 ? 10 : null,
      session_id: null,
      connectors: [{ number: 1, status: 'available', error_code: null, error_info: null, status_at: null }],
    })),
  }) as unknown as Station;
const event = (type: string, more: Partial<LiveEvent> = {}): LiveEvent => ({
  type,
  at,
  station_id: 'a',
  ...more,
});

test('a status change touches one connector only', () => {
  const next = changed(
    station('a'),
    event('station.status_changed', { change: { evse: 2, connector: 1, status: 'charging' } }),
  );
  expect(next.evses.map((evse) => evse.status)).toEqual(['available', 'charging']);
  expect(next.evses[1]?.connectors[0]?.status_at).toBe(at);
});

test('a sample adds up to the station, and unknown parts stay unknown', () => {
  const next = changed(station('a'), event('meter', { evse: 1, power_w: 22_000 }));
  expect(next.power_w).toBe(22_000);
  expect(next.evses[1]?.power_w).toBeNull();
});

test('events of other stations and unknown events change nothing', () => {
  const row = station('b');
  expect(changed(row, event('station.disconnected'))).toBe(row);
  const own = station('a');
  expect(changed(own, event('something.new'))).toBe(own);
});

test('rows keep their order and their pages when one changes', () => {
  const page = (ids: string[]) => ({ data: ids.map(station), next_cursor: null, has_more: false });
  const lists = { pages: [page(['c', 'a']), page(['b'])], pageParams: [null, '2'] };
  const next = mapRows(lists, (row) => changed(row, event('station.disconnected')));
  expect(next?.pages.flatMap((p) => p.data.map((row) => row.id))).toEqual(['c', 'a', 'b']);
  expect(next?.pages[0]?.data[1]?.online).toBe(false);
  expect(next?.pages[1]).toBe(lists.pages[1]);
  expect(mapRows(lists, (row) => row)).toBe(lists);
});

test('the cache of list and page is patched by one event', () => {
  const key = stations({}).queryKey;
  queryClient.setQueryData(key, {
    pages: [{ data: [station('a')], next_cursor: null, has_more: false }],
    pageParams: [null],
  });
  queryClient.setQueryData(keys.station('a'), station('a'));
  apply(queryClient, event('station.disconnected'));
  expect(queryClient.getQueryData(key)?.pages[0]?.data[0]?.online).toBe(false);
  expect(queryClient.getQueryData<Station>(keys.station('a'))?.online).toBe(false);
});

test('a batch is planned once per object', () => {
  const plan = emptyPlan();
  for (let i = 0; i < 5; i += 1) note(plan, event('station.status_changed'));
  note(plan, event('session.ended', { session_id: 's' }));
  note(plan, event('command.updated', { command_id: 'c' }));
  note(plan, event('attempt.recorded'));
  expect([...plan.stations]).toEqual(['a']);
  expect([...plan.sessions]).toEqual(['s']);
  const asked = [...plan.keys.values()];
  expect(asked).toContainEqual(['overview']);
  expect(asked).toContainEqual(['station', 'a', 'commands']);
  expect(asked).toContainEqual(['unclaimed']);
  expect(asked.filter((key) => key[0] === 'overview')).toHaveLength(1);
});

test('a file that moves on is read again where files are listed', () => {
  const plan = emptyPlan();
  note(plan, event('transfer.updated'));
  const asked = [...plan.keys.values()];
  expect(asked).toContainEqual(diagnostics('a').queryKey);
  expect(asked).toContainEqual(firmwareUpdates('a').queryKey);
});

test('the last hour grows at its end and forgets what is older', () => {
  const none = { energy_wh: null, current_ma: [], voltage_mv: [], soc_percent: null, offered_w: null };
  const old = { at: '2026-03-02T10:59:00Z', power_w: 1, ...none };
  const kept = { at: '2026-03-02T11:30:00Z', power_w: 2, ...none };
  const next = extend(
    { evses: [{ number: 1, points: [old, kept] }] },
    event('meter', { change: { evse: 1, power_w: 3, energy_wh: 9 } }),
    Date.parse(at),
  );
  expect(next?.evses[0]?.points.map((point) => point.power_w)).toEqual([2, 3]);
  const more = extend(next, event('meter', { change: { evse: 2, power_w: 4 } }), Date.parse(at));
  expect(more?.evses.map((evse) => evse.number)).toEqual([1, 2]);
  const queued = event('meter', { at: '2026-02-01T00:00:00Z', change: { evse: 1, power_w: 9 } });
  expect(extend(next, queued, Date.parse(at))).toBe(next);
});

test('sessions are not invented by events', () => {
  expect(queryClient.getQueryData<Session>(keys.session('s'))).toBeUndefined();
});

test('a stream is read in pieces of any size, and comments are no messages', () => {
  const wire =
    ': open\nretry: 2000\n\nid: 7\nevent: meter\ndata: {"a":1}\n\n: alive\n\nid: 8\r\ndata: one\r\ndata: two\r\n\r\n';
  for (const size of [1, 2, 3, 7, wire.length]) {
    const told: [string, string, string][] = [];
    const feed = parser(({ event, data }, id) => told.push([event, data, id]));
    for (let at = 0; at < wire.length; at += size) feed(wire.slice(at, at + size));
    expect(told).toEqual([
      ['meter', '{"a":1}', '7'],
      ['message', 'one\ntwo', '8'],
    ]);
  }
});

test('a comment is a sign of life without being a message, and a refusal tells its status', async () => {
  const told: string[] = [];
  const line = (done: () => void) => ({
    opened: () => told.push('opened'),
    heard: () => told.push('heard'),
    message: () => told.push('message'),
    closed: (status: number) => {
      told.push(`closed ${status}`);
      done();
    },
  });
  const after = { id: '41' };
  const asked = vi.fn(async (_: unknown, init: RequestInit) =>
    (init.headers as Record<string, string>)['last-event-id'] === '41'
      ? new Response(null, { status: 410 })
      : new Response(': alive\n\n'),
  );
  vi.stubGlobal('fetch', asked);
  await new Promise<void>((done) => openStream('/events', after, line(done)));
  after.id = '';
  await new Promise<void>((done) => openStream('/events', after, line(done)));
  vi.unstubAllGlobals();
  expect(told).toEqual(['closed 410', 'opened', 'heard', 'closed 0']);
});
