// The made-up fleet behind the mock server.
export const EMAIL = 'ana@example.org';
export const PASSWORD = 'correct horse battery';

const now = Date.now();
const before = (seconds) => new Date(now - seconds * 1000).toISOString();
let seed = 7;
const chance = () => {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
};
const pick = (list) => list[Math.floor(chance() * list.length)];

const PERMISSIONS = [
  ['dashboard.view', 'General navigation', 'Dashboard', 'View module'],
  ['stations.list', 'Station management', 'Find', 'View/search station list'],
  ['stations.widgets', 'Station management', 'Find', 'View station info widgets'],
  ['stations.edit', 'Station management', 'Manage', 'Add/edit/archive stations'],
  ['sites.edit', 'Station management', 'Manage', 'Create/edit/delete sites'],
  ['stations.control', 'Station management', 'Manage', 'View & use controls'],
  ['stations.firmware', 'Station management', 'Manage', 'Update station firmware'],
  ['stations.configure', 'Station management', 'Manage', 'Change station configurations'],
  ['stations.diagnostics', 'Station management', 'Manage', 'Upload diagnostics file'],
  ['stations.admin_state.edit', 'Station management', 'Manage', 'Edit administrative state'],
  ['stations.raw_ocpp', 'Station management', 'Manage', 'Raw OCPP'],
  ['station_settings.view', 'Station management', 'Settings', 'View Settings tab'],
  ['sessions.view', 'Station management', 'Charging history', 'View charging sessions'],
  ['logs.view', 'Station management', 'Logs', 'View Logs tab'],
  ['drivers.view', 'EV drivers', 'Find', 'View module'],
  ['tokens.edit', 'EV drivers', 'Manage', 'Add and edit tokens'],
  ['account.edit', 'General navigation', 'Settings', 'Edit account'],
  ['support.view', 'General navigation', 'Support', 'View module'],
  ['notifications.view', 'General navigation', 'Notifications', 'View module'],
  ['organisation.view', 'Customership', 'My organisation', 'View information'],
  ['reseller.view', 'Customership', 'Reseller', 'View module'],
  ['keys.manage', '', '', 'Manage API keys'],
];
const ROLES = [
  'administrator',
  'driver_manager',
  'charging_manager',
  'technician',
  'financial_support',
  'viewer',
  'paid_module_activator',
];
export const me = {
  user: { id: 'usr_1', name: 'Ana Novak', email: EMAIL },
  organisation: { id: 'org_1', name: 'Volt Depots' },
  roles: ['administrator'],
  permissions: PERMISSIONS.map(([key]) => key),
  modules: [],
  sites: null,
  site_rights: [],
  held_back: [],
  organisation_above: null,
  organisations: [{ id: 'org_1', name: 'Volt Depots' }],
};
const roles = {
  roles: ROLES.map((key) => ({ key, title: key })),
  permissions: PERMISSIONS.map(([key, module, submodule, title], i) => ({
    key,
    module,
    submodule,
    title,
    active: true,
    paid_module: null,
    granted: Object.fromEntries(ROLES.map((role, j) => [role, j === 0 || (i * 7 + j * 3) % 5 > 1])),
  })),
  levels: [],
  site_actions: [],
};

const site = (id, name, city) => ({
  id,
  name,
  address: 'Hafenstraße 12',
  city,
  country: 'DE',
  time_zone: 'Europe/Berlin',
  latitude: 52.5,
  longitude: 13.4,
  admin_state: 'in_service',
  accessibility: 'restricted',
  stations: 40,
  created_at: before(9e6),
});
const sites = [
  site('sit_1', 'Berlin Nord', 'Berlin'),
  site('sit_2', 'Depot Mitte', 'Berlin'),
  site('sit_3', 'Hafen Hamburg', 'Hamburg'),
];

const KINDS = [
  ['ABB', 'Terra 54', 2, 50_000],
  ['Alfen', 'Eve Double', 2, 22_000],
  ['Kempower', 'Satellite', 2, 150_000],
  ['KEBA', 'P30', 1, 11_000],
];
const STATES = [
  'available',
  'available',
  'charging',
  'charging',
  'charging',
  'preparing',
  'suspended_ev',
  'finishing',
  'unavailable',
  'faulted',
  'reserved',
  'suspended_evse',
];
const sessions = [];
const stations = Array.from({ length: 124 }, (_, i) => {
  const [vendor, model, many, most] = KINDS[i % KINDS.length];
  const place = sites[i % 3];
  const online = i % 11 !== 4;
  const id = `stn_${i + 1}`;
  const identity = `${['DEPOT', 'MITTE', 'HAFEN'][i % 3]}-${String(Math.floor(i / 3) + 1).padStart(2, '0')}`;
  const evses = Array.from({ length: many }, (_, n) => {
    const status = online ? pick(STATES) : 'unknown';
    const power = status === 'charging' ? Math.round(most * (0.3 + chance() * 0.6)) : 0;
    const evse = {
      id: `evs_${i}_${n}`,
      number: n + 1,
      status,
      power_w: online ? power : null,
      session_id: null,
      session_started_at: null,
      connectors: [
        {
          number: 1,
          status,
          status_at: before(60 + chance() * 9000),
          error_code: status === 'faulted' ? 'GroundFailure' : 'NoError',
          error_info: status === 'faulted' ? 'RCD tripped' : null,
        },
      ],
    };
    if (status === 'charging') {
      const begun = 600 + chance() * 5000;
      const session = {
        id: `ses_${sessions.length + 1}`,
        station_id: id,
        station_identity: identity,
        site_id: place.id,
        site_name: place.name,
        evse: n + 1,
        connector: 1,
        state: 'active',
        started_at: before(begun),
        ended_at: null,
        energy_wh: Math.round((power * begun) / 3600),
        power_w: power,
        duration_s: Math.round(begun),
        token: { label: `••••${(4096 + i * 31).toString(16).toUpperCase()}`, masked: true },
        driver: null,
        stop_reason: null,
        suspect: [],
        wire_id: String(8800 + i),
      };
      sessions.push(session);
      evse.session_id = session.id;
      evse.session_started_at = session.started_at;
    }
    return evse;
  });
  return {
    id,
    identity,
    name: i % 4 === 0 ? `Bay ${i + 1}` : null,
    site_id: place.id,
    site_name: place.name,
    admin_state: 'in_service',
    registration: 'accepted',
    online,
    connected_since: online ? before(86_400 * (1 + (i % 12))) : null,
    last_seen_at: before(online ? 3 + (i % 50) : 12_000 + i * 900),
    protocol: i % 2 ? 'ocpp2.0.1' : 'ocpp1.6',
    vendor,
    model,
    serial_number: `SN${100_000 + i}`,
    firmware_version: `1.${i % 9}.2`,
    policy_lenient: true,
    deviations: i % 9 === 0 ? 3 : 0,
    finding: online
      ? null
      : i % 2
        ? { code: 'idle_drop', text: 'Socket closes after 5 minutes of silence' }
        : null,
    power_w: online ? evses.reduce((sum, evse) => sum + (evse.power_w ?? 0), 0) : null,
    evses,
    created_at: before(8e6),
  };
});
const REASONS = ['Local', 'EVDisconnected', 'Remote', 'PowerLoss'];
for (let i = 0; i < 160; i += 1) {
  const station = stations[i % stations.length];
  const begun = 7200 + i * 5400;
  const lasted = Math.round(1200 + chance() * 9000);
  sessions.push({
    id: `ses_old_${i}`,
    station_id: station.id,
    station_identity: station.identity,
    site_id: station.site_id,
    site_name: station.site_name,
    evse: 1,
    connector: 1,
    state: 'ended',
    started_at: before(begun + lasted),
    ended_at: before(begun),
    energy_wh: Math.round(lasted * 3.1),
    power_w: null,
    duration_s: lasted,
    token: { label: `••••${(9000 + i).toString(16).toUpperCase()}`, masked: true },
    driver: null,
    stop_reason: pick(REASONS),
    wire_id: String(7000 + i),
    suspect: i % 13 === 2 ? [{ code: 'meter_went_back', text: 'The meter register went backwards.' }] : [],
  });
}

const curve = (power, minutes, start, soc) =>
  Array.from({ length: minutes }, (_, i) => {
    const rise = Math.min(1, i / 4);
    const fade = i > minutes * 0.75 ? 1 - (i - minutes * 0.75) / (minutes * 0.5) : 1;
    const w = Math.round(power * rise * fade * (0.97 + ((i * 37) % 7) / 100));
    return {
      at: before(start - i * 60),
      energy_wh: 104_220 + Math.round((power * i) / 62),
      power_w: w,
      current_ma: [0, 1, 2].map((p) => Math.round((w / 690) * 1000) + p * 120),
      voltage_mv: [231_000, 230_400, 229_800],
      soc_percent: soc ? Math.min(96, 22 + Math.round((i * 70) / minutes)) : null,
      offered_w: i > 25 ? Math.round(power * 0.9) : power,
    };
  });

const frame = (i, direction, kind, action, payload, more = {}) => ({
  id: `log_${String(i).padStart(6, '0')}`,
  at: new Date(now - (600 - i) * 1700).toISOString(),
  direction,
  kind,
  message_id: more.mid ?? null,
  action,
  payload: payload === null ? null : JSON.stringify(payload),
  error_code: more.error ?? null,
  latency_ms: more.ms ?? null,
  deviations: more.deviations ?? [],
  session_id: more.session ?? null,
});
const log = [];
const TALK = [
  ['in', 'Heartbeat', {}, { currentTime: before(0) }],
  ['in', 'StatusNotification', { connectorId: 1, status: 'Charging', errorCode: 'NoError' }, {}],
  [
    'in',
    'MeterValues',
    {
      connectorId: 1,
      transactionId: 8841,
      meterValue: [
        {
          timestamp: before(4),
          sampledValue: [{ value: '21400', measurand: 'Power.Active.Import', unit: 'W' }],
        },
      ],
    },
    {},
  ],
  ['in', 'Authorize', { idTag: '••••4F2A' }, { idTagInfo: { status: 'Accepted' } }],
  ['out', 'TriggerMessage', { requestedMessage: 'MeterValues' }, { status: 'Accepted' }],
  [
    'in',
    'StartTransaction',
    { connectorId: 1, idTag: '••••4F2A', meterStart: 104220, timestamp: before(90) },
    { transactionId: 8841, idTagInfo: { status: 'Accepted' } },
  ],
];
for (let i = 0; i < 300; i += 1) {
  const [direction, action, ask, reply] = TALK[(i * 5 + (i % 7)) % TALK.length];
  const mid = `m-${i}`;
  const odd =
    i % 29 === 3
      ? [
          {
            code: 'number_as_text',
            path: '/meterValue/0/timestamp',
            text: 'The time has no zone; taken as UTC.',
          },
        ]
      : [];
  log.push(frame(i * 2, direction, 'call', action, ask, { mid, deviations: odd }));
  if (i % 41 === 40) continue;
  const other = direction === 'in' ? 'out' : 'in';
  if (i % 53 === 9)
    log.push(
      frame(i * 2 + 1, other, 'error', action, ['NotSupported', 'Not known here', {}], {
        mid,
        ms: 31,
        error: 'NotSupported',
      }),
    );
  else log.push(frame(i * 2 + 1, other, 'result', action, reply, { mid, ms: 12 + (i % 60) }));
}
log.reverse();

const command = (i, type, params, state, answer) => ({
  id: `cmd_${i}`,
  station_id: 'stn_1',
  type,
  params,
  state,
  answer,
  error: state === 'timeout' ? { code: 'timeout', text: 'No answer within 30 s' } : null,
  created_at: before(i * 4000),
  sent_at: before(i * 4000),
  settled_at: before(i * 4000 - 0.21),
  issued_by: { id: 'usr_1', name: 'Ana Novak' },
});
const commands = [
  command(1, 'reset', { kind: 'soft' }, 'accepted', { status: 'Accepted' }),
  command(2, 'unlock', { evse: 1 }, 'rejected', { status: 'NotSupported' }),
  command(3, 'trigger', { message: 'status' }, 'timeout', null),
];
const variables = [
  'HeartbeatInterval=300',
  'MeterValueSampleInterval=30',
  'NumberOfConnectors=2',
  'AuthorizeRemoteTxRequests=true',
  'WebSocketPingInterval=60',
  'ConnectionTimeOut=60',
  'LocalPreAuthorize=false',
  'MeterValuesSampledData=Energy.Active.Import.Register,Power.Active.Import,SoC',
].map((line, i) => ({
  component: null,
  component_instance: null,
  evse: null,
  connector: null,
  variable: line.split('=')[0],
  variable_instance: null,
  attribute: 'Actual',
  value: line.slice(line.indexOf('=') + 1),
  mutability: i === 2 ? 'read_only' : 'read_write',
  reported_at: before(3000),
}));
/** What is wished, by the name of the variable. */
const wishes = new Map();
const setting = (one) => ({
  name: {
    component: one.component,
    component_instance: one.component_instance,
    evse: one.evse,
    connector: one.connector,
    variable: one.variable,
    variable_instance: one.variable_instance,
  },
  area: /Meter|Clock/.test(one.variable) ? 'metering' : 'network',
  value: one.value,
  mutability: one.mutability,
  reported_at: one.reported_at,
  traits: null,
  attributes: [],
  wish: wishes.get(one.variable) ?? null,
  critical: false,
  locked: false,
  secret: false,
});
const configuration = (id) => ({
  station_id: id,
  template_id: null,
  template_name: null,
  template_version: null,
  chosen_template_id: null,
  reset_when_idle: false,
  wishes: wishes.size,
  drift: 0,
  pending_reboot: 0,
  reported: variables.length,
  read_at: before(3000),
  reading_since: null,
  progress: null,
  read_problem: null,
  looked_at: before(3000),
});
/** Changes wishes, or only says what would change. */
function wish(values, dry) {
  const diffs = values.map(({ name, value }) => {
    const known = variables.find((one) => one.variable === name.variable);
    const before = wishes.get(name.variable)?.value ?? null;
    const diff = { name, from: known?.value ?? null, wished: before, to: value };
    return { ...diff, changes: value !== known?.value, needs_reboot: false, locked: false, misfit: null };
  });
  if (dry) return { dry_run: true, values: diffs };
  for (const { name, value } of values) {
    if (value === null) wishes.delete(name.variable);
    else {
      const known = variables.find((one) => one.variable === name.variable);
      if (known) known.value = value;
      wishes.set(name.variable, {
        value,
        reaction: 'revert',
        template_id: null,
        by: 'Ana Novak',
        set_at: new Date().toISOString(),
        state: 'holds',
        drift: false,
        outcome: 'accepted',
        reason: null,
        outcome_at: new Date().toISOString(),
        needs_reboot: false,
      });
    }
  }
  return { dry_run: false, values: diffs };
}
const tokens = Array.from({ length: 14 }, (_, i) => ({
  id: `tok_${i}`,
  uid: `04A1${(0xf00 + i * 77).toString(16).toUpperCase()}2B`,
  kind: i % 4 ? 'iso14443' : 'emaid',
  label: `Fleet card ${i + 1}`,
  state: i % 6 === 5 ? 'blocked' : 'active',
  expires_at: i % 3 ? null : before(-9e6),
  group: i % 2 ? 'Drivers Nord' : null,
  created_at: before(8e6),
  last_used_at: before(i * 7000 + 60),
}));
const OUTCOMES = [
  'connected',
  'waiting_to_be_claimed',
  'bad_password',
  'connected',
  'no_subprotocol',
  'not_upgrade',
];
const attempts = Array.from({ length: 18 }, (_, i) => ({
  id: `att_${i}`,
  at: before(i * 340 + 12),
  remote_ip: `10.20.0.${20 + i}`,
  path: '/ocpp/NEW-0042',
  identity: i % 6 === 1 ? 'NEW-0042' : `DEPOT-${String(i + 1).padStart(2, '0')}`,
  subprotocols: ['ocpp1.6'],
  user_agent: 'charger/2.4',
  username: null,
  outcome: OUTCOMES[i % 6],
  detail: null,
}));
const unclaimed = [
  {
    identity: 'NEW-0042',
    first_seen_at: before(7200),
    last_seen_at: before(14),
    attempts: 12,
    vendor: 'Wallbox',
    model: 'Copper SB',
    protocol: 'ocpp1.6',
    remote_ip: '10.20.0.42',
  },
];

const overview = () => ({
  stations: stations.length,
  online: stations.filter((s) => s.online).length,
  charging: stations.flatMap((s) => s.evses).filter((e) => e.status === 'charging').length,
  faulted: stations.filter((s) => s.evses.some((e) => e.status === 'faulted')).length,
  power_w: stations.reduce((sum, s) => sum + (s.power_w ?? 0), 0),
  energy_today_wh: 5_120_400,
  sessions_active: sessions.filter((s) => s.state === 'active').length,
  unclaimed: unclaimed.length,
});
const matches = (query) => (one) =>
  (!query.get('q') ||
    [one.identity, one.name, one.serial_number].some((word) =>
      word?.toLowerCase().includes(query.get('q').toLowerCase()),
    )) &&
  (!query.get('site_id') || one.site_id === query.get('site_id')) &&
  (!query.get('online') || String(one.online) === query.get('online')) &&
  (!query.get('status') || one.evses.some((evse) => query.get('status').split(',').includes(evse.status)));

/** Each station once, as on the real map. */
const onMap = () => ({
  sites: sites.map((one, n) => {
    const own = stations.filter((station) => station.site_id === one.id);
    const has = (status) => (station) => station.evses.some((evse) => evse.status === status);
    const online = own.filter((station) => station.online);
    const faulted = online.filter(has('faulted'));
    const charging = online.filter((station) => !has('faulted')(station) && has('charging')(station));
    return {
      id: one.id,
      name: one.name,
      city: one.city,
      latitude: 52.6 + 0.3 * n,
      longitude: 13.4 - 1.1 * n,
      stations: own.length,
      offline: own.length - online.length,
      faulted: faulted.length,
      charging: charging.length,
      idle: online.length - faulted.length - charging.length,
      power_w: online.reduce((sum, station) => sum + (station.power_w ?? 0), 0),
    };
  }),
  truncated: false,
  unplaced: 0,
});

const fixed = {
  '/sites/map': onMap,
  '/me': () => me,
  '/roles': () => roles,
  '/overview': overview,
  '/connect': () => ({
    url_template: 'ws://192.0.2.10:9000/ocpp/{identity}',
    protocols: ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'],
  }),
};
const lists = {
  '/sites': () => sites,
  '/views': () => [],
  '/tokens': () => tokens,
  '/connection_attempts': () => attempts,
  '/connection_attempts/unclaimed': () => unclaimed,
};

export function answer(method, path, query, body, page) {
  if (method === 'GET' && fixed[path]) return { body: fixed[path]() };
  if (path === '/stations' && method === 'POST')
    return {
      status: 201,
      body: {
        station: { ...stations[0], id: 'stn_1', identity: body.identity },
        password: 'k3Vq-7Hda-9Xtm-2Pzc',
      },
    };
  if (path === '/sites' && method === 'POST') {
    sites.push({ ...site(`sit_${sites.length + 1}`, body.name, body.city), stations: 0 });
    return { status: 201, body: sites.at(-1) };
  }
  if (method === 'GET' && lists[path]) return { body: page(lists[path](), query) };
  if (path === '/stations') return { body: page(stations.filter(matches(query)), query) };
  if (path === '/sessions') {
    const fits = (s) =>
      (!query.get('state') || s.state === query.get('state')) &&
      (!query.get('suspect') || s.suspect.length > 0) &&
      (!query.get('station_id') || s.station_id === query.get('station_id')) &&
      (!query.get('site_id') || s.site_id === query.get('site_id'));
    return { body: page(sessions.filter(fits), query) };
  }
  const [, noun, id, part] = path.split('/');
  if (noun === 'sessions') {
    const session = sessions.find((one) => one.id === id);
    if (!session) return null;
    if (part !== 'meter') return { body: session };
    const minutes = Math.round(session.duration_s / 60);
    return {
      body: {
        points: curve(
          session.power_w ?? 21_000,
          minutes,
          (now - Date.parse(session.started_at)) / 1000,
          true,
        ),
        summary: null,
      },
    };
  }
  if (noun === 'setting_templates' || (noun === 'settings' && id === 'drift')) {
    return { body: page([], query) };
  }
  if (noun !== 'stations') return null;
  const station = stations.find((one) => one.id === id);
  if (!station) return null;
  if (!part) return { body: method === 'PATCH' ? Object.assign(station, body) : station };
  if (part === 'meter')
    return {
      body: {
        evses: station.evses.map((evse) => ({
          number: evse.number,
          points: evse.power_w ? curve(evse.power_w, 60, 3600, false) : [],
        })),
      },
    };
  if (part === 'commands' && method === 'POST') {
    const made = {
      ...command(0, body.type, body.params, 'accepted', { status: 'Accepted' }),
      id: `cmd_n${commands.length}`,
      created_at: new Date().toISOString(),
    };
    commands.unshift(made);
    return {
      body: made,
      events: [['command.updated', { station_id: id, command_id: made.id }, { state: 'accepted' }]],
    };
  }
  if (part === 'commands') return { body: page(commands, query) };
  if (part === 'ocpp') {
    if (body.action === 'TriggerMessage' && !body.payload.requestedMessage)
      return {
        problem: {
          status: 422,
          code: 'invalid_payload',
          title: 'The payload does not fit the schema',
          errors: [{ pointer: '/payload/requestedMessage', code: 'required', detail: 'is missing' }],
        },
      };
    return { body: { command_id: 'cmd_raw', result: 'accepted', payload: { listVersion: 4 }, error: null } };
  }
  if (part === 'password') return { body: { password: 'q8Zt-4Lmw-1Rfe-6Kuy' } };
  if (part === 'variables') return { body: page(variables, query) };
  if (part === 'configuration') return { body: configuration(id) };
  if (part === 'settings' && method === 'PATCH') {
    return { body: wish(body.values ?? [], query.get('dry_run') === 'true') };
  }
  if (part === 'settings' && method === 'POST') return { body: configuration(id) };
  if (part === 'settings') return { body: page(variables.map(setting), query) };
  if (part === 'attempts') return { body: page(attempts.slice(0, 4), query) };
  if (part === 'deviations')
    return {
      body: page(
        station.deviations
          ? [
              {
                code: 'number_as_text',
                text: 'Times have no zone; they are taken as UTC.',
                action: 'MeterValues',
                count: 214,
                first_at: before(9e5),
                last_at: before(40),
                sample: { timestamp: '2026-03-02T10:00:00' },
              },
            ]
          : [],
        query,
      ),
    };
  if (part === 'notices')
    return {
      body: page(
        [
          {
            id: 'ntc_1',
            kind: 'security_event',
            at: before(4000),
            title: 'SettingSystemTime',
            detail: { techInfo: 'NTP' },
          },
        ],
        query,
      ),
    };
  if (part === 'logs') {
    const fits = (e) =>
      (!query.get('action') || e.action === query.get('action')) &&
      (!query.get('errors_only') || e.error_code) &&
      (!query.get('q') ||
        `${e.message_id}${e.payload}${e.action}`.toLowerCase().includes(query.get('q').toLowerCase())) &&
      (!query.get('direction') || e.direction === query.get('direction'));
    return { body: page(log.filter(fits), query) };
  }
  return null;
}

/** What happens in a second: some power moves, now and then a state. */
export function pulse() {
  const events = [];
  for (const station of stations) {
    if (!station.online || chance() > 0.12) continue;
    for (const evse of station.evses) {
      if (evse.status !== 'charging') continue;
      evse.power_w = Math.max(800, Math.round(evse.power_w * (0.97 + chance() * 0.06)));
      events.push([
        'meter',
        { station_id: station.id },
        { evse: evse.number, power_w: evse.power_w, energy_wh: 104_300 },
      ]);
    }
    station.power_w = station.evses.reduce((sum, evse) => sum + (evse.power_w ?? 0), 0);
  }
  if (chance() < 0.15) {
    const station = pick(stations.filter((one) => one.online));
    const evse = pick(station.evses.filter((one) => one.status !== 'charging'));
    if (evse) {
      evse.status = evse.status === 'available' ? 'preparing' : 'available';
      evse.connectors[0].status = evse.status;
      evse.connectors[0].error_code = 'NoError';
      evse.connectors[0].status_at = new Date().toISOString();
      events.push([
        'station.status_changed',
        { station_id: station.id },
        { evse: evse.number, connector: 1, status: evse.status },
      ]);
    }
  }
  return events;
}
