// What can be done at many stations at once: the form of each, what it needs, and its body.
import type { Permission } from '../../api/shapes';
import { type CommandForm, type Field, FORMS, paramsOf, type Values } from '../commands/forms';

export type Deed = {
  key: string;
  kind: 'command' | 'firmware' | 'edit' | 'archive';
  needs: Permission[];
  fields: Field[];
  form?: CommandForm;
};

const MANY: Partial<Record<Permission, Permission>> = {
  'stations.control': 'stations.control.batch',
  'stations.configure': 'stations.configure.batch',
};
const COMMANDS = ['reset', 'change_availability', 'clear_cache', 'trigger', 'write_variables'];
const STATES = ['in_deployment', 'in_service', 'in_maintenance', 'out_of_service'] as const;

export const DEEDS: Deed[] = [
  ...FORMS.filter((form) => COMMANDS.includes(form.type)).map((form): Deed => {
    const many = MANY[form.permission];
    return {
      key: form.type,
      kind: 'command',
      needs: many ? [form.permission, many] : [form.permission],
      // Which EVSE is for one station.
      fields: form.fields.filter((field) => field.name !== 'evse' && field.name !== 'connector'),
      form,
    };
  }),
  {
    key: 'firmware',
    kind: 'firmware',
    needs: ['stations.firmware', 'stations.firmware.batch'],
    fields: [
      { name: 'url', kind: 'text', required: true },
      { name: 'version', kind: 'text' },
    ],
  },
  {
    key: 'edit',
    kind: 'edit',
    needs: ['stations.edit', 'stations.edit.batch', 'stations.admin_state.edit'],
    fields: [{ name: 'admin_state', kind: 'select', options: STATES, initial: 'in_service', required: true }],
  },
  { key: 'archive', kind: 'archive', needs: ['stations.edit', 'stations.edit.batch'], fields: [] },
];

export type Pace = {
  concurrency: string;
  waves: string;
  stop_on_failure_percent: string;
  wait_for_idle: boolean;
  hours: string;
};
export const PACE: Pace = {
  concurrency: '',
  waves: '',
  stop_on_failure_percent: '',
  wait_for_idle: false,
  hours: '24',
};

export type Target = { ids: string[] } | { filter: Record<string, unknown> };

const number = (text: string) => (text.trim() === '' ? undefined : Number(text));

/** The body of `POST /jobs`. */
export function bodyOf(deed: Deed, values: Values, pace: Pace, target: Target, now: Date) {
  const texts = Object.fromEntries(
    Object.entries(values).filter(([, value]) => typeof value !== 'string' || value.trim() !== ''),
  );
  const spec = deed.form ? { type: deed.form.type, params: paramsOf(deed.form, values) } : texts;
  const hours = number(pace.hours);
  return {
    kind: deed.kind,
    spec: deed.kind === 'archive' ? undefined : spec,
    target,
    concurrency: number(pace.concurrency),
    waves: pace.waves.trim()
      ? pace.waves
          .split(/[\s,]+/)
          .filter(Boolean)
          .map(Number)
      : undefined,
    stop_on_failure_percent: number(pace.stop_on_failure_percent),
    wait_for_idle: pace.wait_for_idle,
    deadline: hours ? new Date(now.getTime() + hours * 3_600_000).toISOString() : undefined,
  };
}
