// The live stream: small changes are patched into the query cache at once, objects are read again by id,
// bursts are gathered, and nothing here ever changes the order of a list.
import type { InfiniteData, QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { get } from './client';
import { diagnostics, firmwareUpdates, keys } from './queries';
import type { ConnectorStatus, MeterPoint, Page, Session, Station, StationMeter } from './shapes';
import { type Message, openStream } from './stream';

/** One message of the live stream: ids, and the small change it announces. */
export type LiveEvent = {
  seq?: number | null;
  type: string;
  at: string;
  station_id?: string | null;
  session_id?: string | null;
  command_id?: string | null;
  evse?: number | null;
  connector?: number | null;
  change?: Record<string, unknown> | null;
  [key: string]: unknown;
};

/** What a batch of events asks us to read again. */
export type Plan = {
  stations: Set<string>;
  sessions: Set<string>;
  keys: Map<string, readonly unknown[]>;
};

export const emptyPlan = (): Plan => ({ stations: new Set(), sessions: new Set(), keys: new Map() });

/** Adds what one event makes stale. Pure: the reading itself happens later, once for the whole batch. */
export function note(plan: Plan, event: LiveEvent): Plan {
  const again = (...key: unknown[]) => plan.keys.set(JSON.stringify(key), key);
  const station = event.station_id ?? undefined;
  const family = event.type.split('.')[0];
  if (family === 'station' && station) {
    plan.stations.add(station);
    again(...keys.overview);
    if (event.type === 'station.edited') {
      again(...keys.station(station), 'lock');
      // Which of them a lock keeps back.
      again(...keys.station(station), 'settings');
      again('notifications');
    }
    if (event.type === 'station.booted') {
      again(...keys.station(station), 'variables');
      again(...keys.station(station), 'firmware');
    }
  }
  if (family === 'session') {
    if (event.session_id) plan.sessions.add(event.session_id);
    if (event.type !== 'session.updated') {
      if (station) plan.stations.add(station);
      again(...keys.overview);
    }
    if (event.session_id) again(...keys.session(event.session_id), 'meter');
  }
  if (event.type === 'command.updated' && station) again(...keys.station(station), 'commands');
  if (event.type === 'job.updated') {
    again(...keys.jobs);
    if (typeof event.job_id === 'string') again(...keys.job(event.job_id));
  }
  if (event.type === 'variables.reported' && station) again(...keys.station(station), 'variables');
  if (event.type === 'transfer.updated' && station) {
    again(...firmwareUpdates(station).queryKey);
    again(...diagnostics(station).queryKey);
  }
  if (event.type === 'settings.updated' && station) {
    again(...keys.station(station), 'settings');
    again(...keys.station(station), 'configuration');
  }
  if (event.type === 'deviation.recorded' && station) {
    plan.stations.add(station);
    again(...keys.station(station), 'deviations');
  }
  if (event.type === 'alert.opened' || event.type === 'alert.updated') {
    if (station) again('alerts', station, 'list', `/stations/${station}/alerts`, {}, 50);
    again('notifications');
    again(...keys.overview);
  }
  if (event.type === 'attempt.recorded') {
    again(...keys.attempts);
    again(...keys.unclaimed);
    again(...keys.overview);
    if (station) again(...keys.station(station), 'attempts');
  }
  return plan;
}

const field = <V>(event: LiveEvent, name: string): V | undefined =>
  (event.change?.[name] ?? event[name]) as V | undefined;

/** The station after a change that the event itself carries; the same object when it carries none for us. */
export function changed(station: Station, event: LiveEvent): Station {
  if (station.id !== event.station_id) return station;
  switch (event.type) {
    case 'station.connected':
      return { ...station, online: true, connected_since: event.at, last_seen_at: event.at };
    case 'station.disconnected':
      return { ...station, online: false, connected_since: null, power_w: null };
    case 'station.status_changed': {
      const evse = field<number>(event, 'evse');
      const connector = field<number>(event, 'connector');
      const status = field<ConnectorStatus>(event, 'status');
      if (!status) return station;
      return {
        ...station,
        last_seen_at: event.at,
        evses: station.evses.map((one) =>
          one.number !== evse
            ? one
            : {
                ...one,
                status: one.connectors.length < 2 ? status : one.status,
                connectors: one.connectors.map((c) =>
                  c.number === connector || one.connectors.length === 1
                    ? { ...c, status, status_at: event.at }
                    : c,
                ),
              },
        ),
      };
    }
    case 'meter': {
      const evse = field<number>(event, 'evse');
      const power = field<number>(event, 'power_w');
      if (power === undefined) return station;
      const evses = station.evses.map((one) => (one.number === evse ? { ...one, power_w: power } : one));
      const total = evses.reduce<number | null>(
        (sum, one) => (one.power_w === null ? sum : (sum ?? 0) + one.power_w),
        null,
      );
      // A reading carries the station's clock, which is the past while an offline queue is told.
      const seen = [station.last_seen_at ?? '', event.at].sort().at(-1);
      return { ...station, evses, power_w: total, last_seen_at: seen ?? event.at };
    }
    default:
      return station;
  }
}

type Lists<R> = InfiniteData<Page<R>, string | null>;

/** Replaces rows in place: rows are neither added, removed nor moved. */
export function mapRows<R>(data: Lists<R> | undefined, change: (row: R) => R): Lists<R> | undefined {
  if (!data) return data;
  let touched = false;
  const pages = data.pages.map((page) => {
    let here = false;
    const rows = page.data.map((row) => {
      const next = change(row);
      if (next !== row) here = true;
      return next;
    });
    if (here) touched = true;
    return here ? { ...page, data: rows } : page;
  });
  return touched ? { ...data, pages } : data;
}

function putStation(client: QueryClient, id: string, change: (row: Station) => Station) {
  client.setQueryData<Station>(keys.station(id), (old) => (old ? change(old) : old));
  client.setQueriesData<Lists<Station>>({ queryKey: [...keys.stations, 'list'] }, (old) =>
    mapRows(old, (row) => (row.id === id ? change(row) : row)),
  );
}

/** Puts a sample of the stream at the end of the station's last hour; what an offline queue tells of the past is none. */
export function extend(
  meter: StationMeter | undefined,
  event: LiveEvent,
  now = Date.now(),
): StationMeter | undefined {
  const evse = field<number>(event, 'evse');
  const power = field<number>(event, 'power_w');
  if (!meter || evse === undefined || power === undefined) return meter;
  const since = now - 3_600_000;
  if (Date.parse(event.at) < since) return meter;
  const point: MeterPoint = {
    at: event.at,
    power_w: power,
    energy_wh: field<number>(event, 'energy_wh') ?? null,
    current_ma: [],
    voltage_mv: [],
    soc_percent: null,
    offered_w: null,
  };
  const known = meter.evses.some((one) => one.number === evse);
  const evses = known ? meter.evses : [...meter.evses, { number: evse, points: [] }];
  return {
    evses: evses.map((one) =>
      one.number === evse
        ? { ...one, points: [...one.points.filter((p) => Date.parse(p.at) >= since), point] }
        : one,
    ),
  };
}

export type Line = 'live' | 'connecting' | 'stale' | 'paused';
type State = { line: Line; heardAt: number };
let state: State = { line: 'connecting', heardAt: Date.now() };
const watchers = new Set<() => void>();
const setLine = (line: Line) => {
  if (state.line === line) return;
  state = { line, heardAt: heard };
  for (const tell of watchers) tell();
};
/** When the stream was last heard, in milliseconds since 1970. */
let heard = Date.now();
/** The state of the stream, and when it was last heard before it came into that state. */
export const useLine = () =>
  useSyncExternalStore(
    (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    () => state,
  );

const listeners = new Set<(event: LiveEvent) => void>();
/** Hears every event after it has been patched in. */
export function hear(listener: (event: LiveEvent) => void) {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Above this many objects in one batch a whole list is cheaper than the objects one by one. */
const ONE_BY_ONE = 16;

async function readAgain(client: QueryClient, plan: Plan) {
  for (const key of plan.keys.values()) client.invalidateQueries({ queryKey: [...key], exact: true });
  if (plan.stations.size > ONE_BY_ONE) {
    client.invalidateQueries({ queryKey: [...keys.stations, 'list'] });
  } else {
    for (const id of plan.stations) {
      get<Station>(`/stations/${id}`).then(
        (fresh) => putStation(client, id, () => fresh),
        () => undefined,
      );
    }
  }
  for (const id of [...plan.sessions].slice(0, ONE_BY_ONE)) {
    get<Session>(`/sessions/${id}`).then(
      (fresh) => {
        client.setQueryData<Session>(keys.session(id), (old) => (old ? fresh : old));
        client.setQueriesData<Lists<Session>>({ queryKey: [...keys.sessions, 'list'] }, (old) =>
          mapRows(old, (row) => (row.id === id ? fresh : row)),
        );
      },
      () => undefined,
    );
  }
}

/** Patches at once what the event itself says. */
export function apply(client: QueryClient, event: LiveEvent) {
  const id = event.station_id;
  if (!id) return;
  putStation(client, id, (row) => changed(row, event));
  if (event.type === 'meter') {
    client.setQueryData<StationMeter>([...keys.station(id), 'meter'], (old) => extend(old, event));
  }
}

const PATH = '/api/v1/events?topics=station,session,command,attempt,meter,alert';
/** The server says something at least every 15 s. */
const SILENCE = 20_000;
/** After so much silence on an open line it is opened anew: the other end may be gone without a word. */
const GIVE_UP = 35_000;
const RETRY = [500, 1_000, 2_000, 4_000];

/** Opens the stream; the returned function closes it. */
export function openLive(client: QueryClient): () => void {
  const after = { id: '' };
  let shut: (() => void) | null = null;
  let plan = emptyPlan();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let triedAt = Date.now();
  let failures = 0;
  let wasOpen = false;

  const flush = () => {
    timer = undefined;
    const due = plan;
    plan = emptyPlan();
    void readAgain(client, due);
  };
  const hearing = () => {
    heard = Date.now();
    triedAt = heard;
    setLine('live');
  };
  const receive = (message: Message) => {
    let event: LiveEvent;
    try {
      event = JSON.parse(message.data) as LiveEvent;
    } catch {
      return;
    }
    if (!event.type) event.type = message.event;
    apply(client, event);
    note(plan, event);
    for (const listener of listeners) listener(event);
    timer ??= setTimeout(flush, 400);
  };
  const open = () => {
    clearTimeout(retry);
    triedAt = Date.now();
    shut = openStream(PATH, after, {
      opened: () => {
        failures = 0;
        hearing();
        // After a gap everything on the page may be old.
        if (wasOpen) void client.invalidateQueries();
        wasOpen = true;
      },
      heard: hearing,
      message: receive,
      closed: (status) => {
        shut = null;
        if (state.line !== 'stale') setLine('connecting');
        // Too long ago to resume: begin anew. Not signed in: whoever asks next is shown the door.
        if (status === 410 || status === 400) after.id = '';
        if (status === 401) void client.invalidateQueries({ queryKey: keys.me });
        retry = setTimeout(open, RETRY[Math.min(failures, RETRY.length - 1)]);
        failures += 1;
      },
    });
  };
  const close = () => {
    clearTimeout(retry);
    shut?.();
    shut = null;
  };
  const visibility = () => {
    if (document.hidden) {
      close();
      setLine('paused');
    } else if (state.line === 'paused') {
      heard = Date.now();
      setLine('connecting');
      open();
    }
  };
  const pulse = setInterval(() => {
    if (state.line === 'paused') return;
    const now = Date.now();
    if (now - heard > SILENCE) setLine('stale');
    if (shut && now - triedAt > GIVE_UP) {
      close();
      open();
    }
  }, 1_000);
  document.addEventListener('visibilitychange', visibility);
  heard = Date.now();
  open();
  return () => {
    document.removeEventListener('visibilitychange', visibility);
    clearInterval(pulse);
    clearTimeout(timer);
    close();
  };
}
