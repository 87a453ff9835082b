import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { beforeEach, expect, test } from 'vitest';
import { keys, queryClient } from '../src/api/queries';
import type { LogEntry, Me } from '../src/api/shapes';
import { Can } from '../src/components/can';
import { JsonView } from '../src/components/json_view';
import { StatusBadge } from '../src/components/status_badge';
import { blankOf, catalogueOf, type Kind, requestOf } from '../src/features/commands/catalogue';
import { number, put, read, write } from '../src/features/commands/exact';
import { FORMS, paramsOf } from '../src/features/commands/forms';
import { jsonFault } from '../src/features/commands/raw_form';
import { ladder } from '../src/features/connect/ladder';
import { drawnDigits } from '../src/features/lock/drawn_digits';
import { pair } from '../src/features/logs/pairing';
import { safeNext } from '../src/features/sign_in/login_page';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

async function draw(node: ReactNode) {
  const box = document.createElement('div');
  document.body.replaceChildren(box);
  await act(async () => {
    createRoot(box).render(
      <MantineProvider>
        <QueryClientProvider client={queryClient}>{node}</QueryClientProvider>
      </MantineProvider>,
    );
  });
  return box;
}
const be = (...permissions: string[]) =>
  queryClient.setQueryData(keys.me, { permissions, roles: [], modules: [] } as unknown as Me);

beforeEach(() => queryClient.clear());

test('what a role may not do is not rendered', async () => {
  be('stations.list');
  const none = await draw(<Can do="stations.control">stop</Can>);
  expect(none.textContent).not.toContain('stop');
  be('stations.list', 'stations.control');
  const some = await draw(<Can do="stations.control">stop</Can>);
  expect(some.textContent).toContain('stop');
});

test('a status is a word with an icon, and an unheard one is unknown', async () => {
  const box = await draw(<StatusBadge status="suspended_ev" />);
  expect(box.textContent).toContain('Paused by car');
  expect(box.querySelector('svg')).not.toBeNull();
  const odd = await draw(<StatusBadge status={'melting' as 'unknown'} />);
  expect(odd.textContent).toContain('Unknown');
});

test('what a station sends stays text', async () => {
  const box = await draw(<JsonView value={'{"vendor":"<img src=x onerror=alert(1)>"}'} />);
  expect(box.querySelector('img')).toBeNull();
  expect(box.textContent).toContain('<img src=x onerror=alert(1)>');
});

const entry = (id: string, second: number, more: Partial<LogEntry>): LogEntry => ({
  id,
  at: `2026-03-02T12:00:${String(second).padStart(2, '0')}.000Z`,
  direction: 'in',
  kind: 'call',
  message_id: 'm',
  action: 'Heartbeat',
  payload: '{}',
  error_code: null,
  latency_ms: null,
  deviations: [],
  session_id: null,
  station_id: 'a',
  identity: 'A',
  ...more,
});

test('an answer joins the nearest earlier call with its id, in the right direction', () => {
  const rows = pair([
    entry('5', 9, { direction: 'out', kind: 'result', latency_ms: 40 }),
    entry('4', 8, {}),
    entry('3', 7, { direction: 'out', message_id: 'm', action: 'Reset' }),
    entry('2', 2, { direction: 'out', kind: 'error', error_code: 'NotSupported' }),
    entry('1', 1, {}),
  ]);
  expect(rows.map((row) => [row.id, row.answer?.id ?? null, row.direction])).toEqual([
    ['4', '5', 'in'],
    ['3', null, 'out'],
    ['1', '2', 'in'],
  ]);
  expect(rows[0]?.latency).toBe(40);
  expect(rows[2]).toMatchObject({ failed: true, latency: 1000 });
});

test('typed forms become the parameters of the contract', () => {
  const form = (type: string) => {
    const found = FORMS.find((one) => one.type === type);
    if (!found) throw new Error(type);
    return found;
  };
  expect(paramsOf(form('reset'), { kind: 'soft', evse: '' })).toEqual({ kind: 'soft' });
  expect(paramsOf(form('unlock'), { evse: '2', connector: '1' })).toEqual({ evse: 2, connector: 1 });
  expect(paramsOf(form('change_availability'), { evse: '1', connector: '', operative: false })).toEqual({
    evse: 1,
    operative: false,
  });
  expect(
    paramsOf(form('write_variables'), { values: 'HeartbeatInterval = 60\nOCPPCommCtrlr.Url=a=b' }),
  ).toEqual({
    values: [
      { variable: 'HeartbeatInterval', value: '60' },
      { component: 'OCPPCommCtrlr', variable: 'Url', value: 'a=b' },
    ],
  });
  expect(paramsOf(form('read_variables'), { keys: '' })).toEqual({});
});

test('JSON keeps every digit through the tree of the form', () => {
  const wire = '{"id":9223372036854775807,"v":[1.10,-2e3,null],"s":"a \\"q\\"","e":{},"b":true}';
  const tree = read(wire);
  expect(JSON.parse(write(tree))).toEqual(JSON.parse(wire));
  expect(write(tree)).toContain('9223372036854775807');
  expect(write(tree)).toContain('1.10');
  expect(write(put(tree, 'id', number('007')))).toContain('"id": "007"');
  expect(write(put(tree, 'id', number('')))).not.toContain('"id"');
  expect(() => read('{')).toThrow(SyntaxError);
});

test('the form data of every protocol is whole, and begins with what must be there', async () => {
  for (const protocol of ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1']) {
    const catalogue = await queryClient.fetchQuery(catalogueOf(protocol));
    if (!catalogue) throw new Error(protocol);
    const whole = (kind: Kind): boolean =>
      kind.kind === 'object'
        ? kind.of !== undefined && catalogue.shapes[kind.of] !== undefined
        : kind.kind === 'word'
          ? (catalogue.words[kind.of ?? '']?.length ?? 0) > 0
          : kind.kind !== 'list' || (kind.item !== undefined && whole(kind.item));
    for (const fields of Object.values(catalogue.shapes)) expect(fields.every(whole)).toBe(true);
    for (const action of Object.keys(catalogue.actions)) {
      const request = requestOf(catalogue, action);
      expect(request && whole(request)).toBe(true);
      if (request) write(blankOf(catalogue, request));
    }
    expect(requestOf(catalogue, 'constructor')).toBeNull();
  }
  expect(await queryClient.fetchQuery(catalogueOf('ocpp9'))).toBeNull();
});

test('raw payloads must be JSON objects', () => {
  expect(jsonFault('{}')).toBeNull();
  expect(jsonFault('[]')).toBe('object');
  expect(jsonFault('{')).not.toBeNull();
});

test('the ladder stops where the attempt did', () => {
  const attempt = { outcome: 'bad_password' } as Parameters<typeof ladder>[0];
  const steps = Object.fromEntries(
    ladder(attempt, undefined, false, true).map(({ rung, step }) => [rung, step]),
  );
  expect(steps).toMatchObject({ network: 'ok', websocket: 'ok', identity: 'failed', boot: 'waiting' });
  const plain = ladder(attempt, undefined, false, false).map(({ rung }) => rung);
  expect(plain).not.toContain('tls');
  const lost = { outcome: 'tls_on_plain' } as Parameters<typeof ladder>[0];
  expect(ladder(lost, undefined, false, false)[1]).toMatchObject({ rung: 'tls', step: 'failed' });
  expect(ladder(undefined, undefined, false, false).every(({ step }) => step === 'waiting')).toBe(true);
});

test('after sign-in only a path of this console is followed', () => {
  expect(safeNext('/stations?q=a')).toBe('/stations?q=a');
  for (const bad of ['//evil.example', 'https://evil.example', '/\\evil.example', '/login', undefined]) {
    expect(safeNext(bad)).toBe('/');
  }
});

test('a proposed password of a lock is eight digits, none of them rarer than others', () => {
  const seen = new Map<string, number>();
  for (let n = 0; n < 2000; n++) {
    const digits = drawnDigits();
    expect(digits).toMatch(/^\d{8}$/);
    for (const digit of digits) seen.set(digit, (seen.get(digit) ?? 0) + 1);
  }
  // 1,600 of each are expected, with a deviation of 38: ten of those are beyond chance.
  for (const count of seen.values()) expect(Math.abs(count - 1600)).toBeLessThan(380);
  expect(seen.size).toBe(10);
});
