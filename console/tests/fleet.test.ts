// What the map, the board, the views and the lanes of a campaign make of what the server tells.
import { describe, expect, test } from 'vitest';
import type { JobItem, SiteOnMap, Station } from '../src/api/shapes';
import { baysOf, fit } from '../src/features/board/bay';
import { countLanes, laneOf } from '../src/features/jobs/lanes';
import { inSight } from '../src/features/map/fleet_map';
import { arcs, countsOf, draw, sizeOf } from '../src/features/map/ring';
import { labelPoint, nameOf } from '../src/features/map/world';
import { lookOf } from '../src/features/stations/look';
import { kept, same } from '../src/features/views/same';

const site = (more: Partial<SiteOnMap>): SiteOnMap => ({
  id: 'sit_1',
  name: 'Yard',
  city: null,
  latitude: 48,
  longitude: 14,
  stations: 0,
  offline: 0,
  faulted: 0,
  charging: 0,
  idle: 0,
  power_w: 0,
  ...more,
});

describe('rings', () => {
  test('the pieces go round once, and leave out what there is none of', () => {
    const counts = countsOf([
      site({ stations: 3, charging: 1, offline: 2 }),
      site({ stations: 1, faulted: 1 }),
    ]);
    expect(counts).toEqual({ stations: 4, charging: 1, idle: 0, faulted: 1, offline: 2 });
    expect(arcs(counts)).toEqual([
      { part: 'charging', from: 0, length: 25 },
      { part: 'faulted', from: 25, length: 25 },
      { part: 'offline', from: 50, length: 50 },
    ]);
    expect(draw(counts).querySelectorAll('[data-part]')).toHaveLength(3);
    expect(draw(counts).textContent).toBe('4');
  });
  test('a site without stations has a ring of nothing, and thousands are written in full', () => {
    expect(draw(site({})).querySelectorAll('[data-part]')).toHaveLength(0);
    expect(draw(site({ stations: 1234, idle: 1234 })).textContent).toBe('1234');
    expect(sizeOf(1)).toBeLessThan(sizeOf(100));
    expect(sizeOf(1_000_000)).toBe(64);
  });
});

test('a site is in sight also where the map was turned round, and over the 180th meridian', () => {
  expect(inSight(site({}), null)).toBe(true);
  expect(inSight(site({}), [13, 47, 15, 49])).toBe(true);
  expect(inSight(site({}), [373, 47, 375, 49])).toBe(true);
  expect(inSight(site({ longitude: -179 }), [170, 40, 190, 50])).toBe(true);
  expect(inSight(site({}), [15, 47, 16, 49])).toBe(false);
  expect(inSight(site({}), [13, 49, 15, 50])).toBe(false);
});

describe('the base map', () => {
  const square = (x: number, size: number) => [
    [
      [x, 0],
      [x + size, 0],
      [x + size, size],
      [x, size],
      [x, 0],
    ],
  ];
  test('the name of a country stands on its largest part', () => {
    const islands = { type: 'MultiPolygon' as const, coordinates: [square(0, 1), square(10, 4)] };
    expect(labelPoint(islands)).toEqual({ at: [12, 2], area: 16 });
    expect(labelPoint({ type: 'Point', coordinates: [0, 0] })).toBeNull();
  });
  test('it is in the reader’s language, where the country has a number', () => {
    const austria = { id: '040', properties: { name: 'Austria' } };
    expect(nameOf(austria, 'de')).toBe('Österreich');
    expect(nameOf(austria, 'en')).toBe('Austria');
    expect(nameOf({ id: undefined, properties: { name: 'Somaliland' } }, 'de')).toBe('Somaliland');
  });
});

test('a bay is an evse: away with its station, and named by its number where there are several', () => {
  const evse = (number: number, more: object) => ({
    id: `evs_${number}`,
    number,
    status: 'charging',
    power_w: 7000,
    session_id: 'ses_1',
    session_started_at: '2026-01-01T00:00:00Z',
    connectors: [],
    ...more,
  });
  const broken = { error_code: 'GroundFailure', error_info: null };
  const station = {
    identity: 'CP',
    online: true,
    evses: [evse(1, {}), evse(2, { session_id: null, connectors: [{ error_code: 'NoError' }, broken] })],
  } as unknown as Station;
  const [one, two] = baysOf([station]);
  expect(one).toMatchObject({
    name: 'CP · 1',
    status: 'charging',
    powerW: 7000,
    since: '2026-01-01T00:00:00Z',
  });
  expect(two).toMatchObject({ name: 'CP · 2', since: null, error: 'GroundFailure' });
  const away = baysOf([{ ...station, online: false, evses: [station.evses[0]] } as Station]);
  expect(away).toMatchObject([{ name: 'CP', status: 'offline', powerW: null }]);
});

test('as many tiles as fit, and never none', () => {
  const tile = { width: 100, height: 50, gap: 10 };
  expect(fit(320, 110, tile)).toEqual({ columns: 3, rows: 2 });
  expect(fit(319, 109, tile)).toEqual({ columns: 2, rows: 1 });
  expect(fit(0, 0, tile)).toEqual({ columns: 1, rows: 1 });
});

test('a view is what is set, and the same whatever its order', () => {
  expect(kept({ q: 'a', status: undefined, online: '' })).toEqual({ q: 'a' });
  expect(same({ a: '1', b: '2' }, { b: '2', a: '1' })).toBe(true);
  expect(same({ a: '1' }, { a: '1', b: '2' })).toBe(false);
});

test('the address knows three ways to look, and anything else is the list', () => {
  expect(['list', 'map', 'board', undefined, 'globe'].map(lookOf)).toEqual([
    'list',
    'map',
    'board',
    'list',
    'list',
  ]);
});

test('each station of a campaign stands in one lane', () => {
  const item = (state: string, phase: string | null = null) => ({ state, phase }) as JobItem;
  expect(laneOf(item('running', 'asked'))).toBe('waiting');
  expect(laneOf(item('running'))).toBe('waiting');
  expect(laneOf(item('running', 'downloaded'))).toBe('downloading');
  expect(laneOf(item('running', 'rebooting'))).toBe('installing');
  expect(laneOf(item('succeeded', 'installed'))).toBe('installed');
  expect(laneOf(item('failed', 'downloading'))).toBe('failed');
  expect(laneOf(item('cancelled'))).toBe('skipped');
  const counts = {
    stations: 20,
    waiting: 5,
    running: 4,
    succeeded: 6,
    failed: 2,
    skipped: 2,
    cancelled: 1,
    held_up: 0,
  };
  const running = [item('running', 'downloading'), item('running', 'installing'), item('running', 'asked')];
  const lanes = countLanes(counts, running);
  // One of the four was not read yet.
  expect(lanes).toEqual({ waiting: 7, downloading: 1, installing: 1, installed: 6, failed: 2, skipped: 3 });
  expect(Object.values(lanes).reduce((sum, n) => sum + n, 0)).toBe(20);
});
