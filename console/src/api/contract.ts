// The shapes of the admin API v1 that the console reads and writes.
// Times are RFC 3339 UTC; W, Wh, mA and mV are integers; unknown is null.

export type Page<T> = { data: T[]; next_cursor: string | null; has_more: boolean };

export type ProblemBody = {
  type?: string;
  title: string;
  status: number;
  code: string;
  detail?: string | null;
  request_id?: string | null;
  errors?: { pointer: string; code: string; detail: string }[];
};

export type Me = {
  user: { id: string; name: string; email: string };
  organisation: { id: string; name: string };
  roles: string[];
  permissions: string[];
  modules: string[];
  sites: string[] | null;
};

export type Roles = {
  roles: { key: string; title: string }[];
  permissions: {
    key: string;
    module: string;
    submodule: string | null;
    title: string;
    granted: Record<string, boolean>;
  }[];
};

export type Site = {
  id: string;
  name: string;
  address: string | null;
  city: string | null;
  country: string | null;
  time_zone: string | null;
  latitude: number | null;
  longitude: number | null;
  admin_state: string | null;
  accessibility: string | null;
  stations: number | null;
  created_at: string;
};

export const STATUSES = [
  'available',
  'preparing',
  'charging',
  'suspended_ev',
  'suspended_evse',
  'finishing',
  'reserved',
  'occupied',
  'unavailable',
  'faulted',
  'unknown',
] as const;
export type Status = (typeof STATUSES)[number];

export type Connector = {
  number: number;
  status: Status;
  error_code: string | null;
  error_info: string | null;
  status_at: string | null;
};

export type Evse = {
  id: string;
  number: number;
  status: Status;
  power_w: number | null;
  session_id: string | null;
  connectors: Connector[];
};

export type Station = {
  id: string;
  identity: string;
  name: string | null;
  site_id: string | null;
  site_name: string | null;
  admin_state: string | null;
  registration: 'accepted' | 'pending' | 'rejected';
  online: boolean;
  connected_since: string | null;
  last_seen_at: string | null;
  protocol: string | null;
  vendor: string | null;
  model: string | null;
  serial_number: string | null;
  firmware_version: string | null;
  policy_lenient: boolean;
  deviations: number;
  finding: { code: string; text: string } | null;
  power_w: number | null;
  evses: Evse[];
  created_at: string;
};

export type Variable = {
  component: string | null;
  component_instance: string | null;
  evse: number | null;
  connector: number | null;
  variable: string;
  variable_instance: string | null;
  attribute: string | null;
  value: string | null;
  mutability: string | null;
  reported_at: string | null;
};

export type Deviation = {
  code: string;
  text: string;
  action: string | null;
  count: number;
  first_at: string;
  last_at: string;
  sample: unknown;
};

export type Notice = { id: string; kind: string; at: string; title: string; detail: unknown };

export type CommandState = 'queued' | 'sent' | 'accepted' | 'rejected' | 'error' | 'timeout' | 'completed';
export type Command = {
  id: string;
  station_id: string;
  type: string;
  params: unknown;
  state: CommandState;
  answer: unknown;
  error: { code: string; text: string } | null;
  created_at: string;
  sent_at: string | null;
  settled_at: string | null;
  issued_by: { id: string; name: string } | null;
};

export type RawAnswer = {
  command_id: string | null;
  result: 'accepted' | 'call_error' | 'timeout';
  payload: unknown;
  error: unknown;
};

export type OcppField = {
  path: string;
  type: string;
  required: boolean;
  enum?: string[] | null;
  max_length?: number | null;
  minimum?: number | null;
  maximum?: number | null;
};
export type OcppActions = { protocol: string | null; actions: { action: string; fields: OcppField[] }[] };

export type LogEntry = {
  id: string;
  at: string;
  direction: 'in' | 'out';
  kind: 'call' | 'result' | 'error' | 'send' | 'unreadable';
  message_id: string | null;
  action: string | null;
  payload: string | null;
  error_code: string | null;
  latency_ms: number | null;
  deviations: { code: string; path: string | null; text: string }[];
  session_id: string | null;
};

export type Attempt = {
  id: string;
  at: string;
  remote_ip: string | null;
  path: string | null;
  identity: string | null;
  subprotocols: string[];
  user_agent: string | null;
  username: string | null;
  outcome: string;
  detail: string | null;
};

export type Unclaimed = {
  identity: string;
  first_seen_at: string;
  last_seen_at: string;
  attempts: number;
  vendor: string | null;
  model: string | null;
  protocol: string | null;
  remote_ip: string | null;
};

export type Connect = { url_template: string; protocols: string[] };

export type Session = {
  id: string;
  station_id: string;
  station_identity: string;
  site_id: string | null;
  site_name: string | null;
  evse: number | null;
  connector: number | null;
  state: 'active' | 'ended';
  started_at: string;
  ended_at: string | null;
  energy_wh: number | null;
  power_w: number | null;
  duration_s: number | null;
  token: { label: string; masked: boolean } | null;
  driver: unknown;
  stop_reason: string | null;
  suspect: { code: string; text: string }[];
  wire_id: string | null;
};

export type MeterPoint = {
  at: string;
  energy_wh: number | null;
  power_w: number | null;
  current_ma?: (number | null)[] | null;
  voltage_mv?: (number | null)[] | null;
  soc_percent?: number | null;
  offered_w?: number | null;
};
export type SessionMeter = { points: MeterPoint[]; summary?: unknown };
export type StationMeter = { evses: { number: number; points: MeterPoint[] }[] };

export type Token = {
  id: string;
  uid: string;
  kind: string | null;
  label: string | null;
  state: 'active' | 'blocked';
  expires_at: string | null;
  group: string | null;
  created_at: string;
  last_used_at: string | null;
};

export type Overview = {
  stations: number;
  online: number;
  charging: number;
  faulted: number;
  power_w: number | null;
  energy_today_wh: number | null;
  sessions_active: number;
  unclaimed: number;
};

/** One message of the live stream; ids and the small change it announces. */
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
