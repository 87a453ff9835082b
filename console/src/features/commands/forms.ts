// The typed commands: their fields, and which permission each needs.
import type { Permission } from '../../api/shapes';

export type Field = {
  name: string;
  kind: 'text' | 'number' | 'select' | 'switch' | 'time' | 'values' | 'keys';
  required?: boolean;
  options?: readonly string[];
  initial?: string | boolean;
};
export type CommandForm = {
  type: string;
  permission: Permission;
  /** It can end or disturb a charge: asks again, saying what is charging now. */
  harsh?: boolean;
  fields: Field[];
};

const evse = (required = false): Field => ({ name: 'evse', kind: 'number', required });
const connector: Field = { name: 'connector', kind: 'number' };

export const FORMS: CommandForm[] = [
  {
    type: 'start_session',
    permission: 'stations.control',
    fields: [evse(), { name: 'token', kind: 'text', required: true }],
  },
  {
    type: 'stop_session',
    permission: 'stations.control',
    harsh: true,
    fields: [{ name: 'session_id', kind: 'text', required: true }],
  },
  { type: 'unlock', permission: 'stations.control', harsh: true, fields: [evse(true), connector] },
  {
    type: 'change_availability',
    permission: 'stations.control',
    fields: [evse(), connector, { name: 'operative', kind: 'switch', initial: true }],
  },
  {
    type: 'reset',
    permission: 'stations.control',
    harsh: true,
    fields: [
      { name: 'kind', kind: 'select', options: ['soft', 'hard'], initial: 'soft', required: true },
      evse(),
    ],
  },
  {
    type: 'trigger',
    permission: 'stations.control',
    fields: [
      {
        name: 'message',
        kind: 'select',
        options: ['boot', 'status', 'meter_values', 'heartbeat', 'firmware_status', 'log_status', 'session'],
        initial: 'status',
        required: true,
      },
      evse(),
      connector,
    ],
  },
  { type: 'clear_cache', permission: 'stations.control', fields: [] },
  { type: 'read_variables', permission: 'station_settings.view', fields: [{ name: 'keys', kind: 'keys' }] },
  {
    type: 'write_variables',
    permission: 'stations.configure',
    fields: [{ name: 'values', kind: 'values', required: true }],
  },
  {
    type: 'request_report',
    permission: 'station_settings.view',
    fields: [
      {
        name: 'kind',
        kind: 'select',
        options: ['full', 'configuration', 'summary'],
        initial: 'full',
        required: true,
      },
    ],
  },
  {
    type: 'update_firmware',
    permission: 'stations.firmware',
    harsh: true,
    fields: [
      { name: 'url', kind: 'text', required: true },
      { name: 'retrieve_at', kind: 'time' },
      { name: 'install_at', kind: 'time' },
      { name: 'retries', kind: 'number' },
      { name: 'retry_interval_s', kind: 'number' },
    ],
  },
];

export type Values = Record<string, string | boolean>;
export const initialOf = (form: CommandForm): Values =>
  Object.fromEntries(
    form.fields.map((field) => [field.name, field.initial ?? (field.kind === 'switch' ? false : '')]),
  );

/** `Component.Variable` or `Variable`. */
export function variableName(text: string): { component?: string; variable: string } {
  const dot = text.indexOf('.');
  return dot > 0
    ? { component: text.slice(0, dot).trim(), variable: text.slice(dot + 1).trim() }
    : { variable: text.trim() };
}

/** The typed text becomes the parameters of the contract; empty fields are left out. */
export function paramsOf(form: CommandForm, values: Values): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const field of form.fields) {
    const value = values[field.name];
    if (field.kind === 'switch') params[field.name] = Boolean(value);
    else if (typeof value !== 'string' || value.trim() === '') continue;
    else if (field.kind === 'number') params[field.name] = Number(value);
    else if (field.kind === 'time') params[field.name] = new Date(value).toISOString();
    else if (field.kind === 'keys') {
      params[field.name] = value
        .split(/[\n,]/)
        .filter((line) => line.trim())
        .map(variableName);
    } else if (field.kind === 'values') {
      params[field.name] = value
        .split('\n')
        .filter((line) => line.trim())
        .map((line) => {
          const at = line.indexOf('=');
          const name = at < 0 ? line : line.slice(0, at);
          return { ...variableName(name), value: at < 0 ? '' : line.slice(at + 1).trim() };
        });
    } else params[field.name] = value.trim();
  }
  return params;
}
