// Commands: typed forms, raw OCPP, and what the station answered.
import {
  Button,
  Group,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconSend, IconTerminal2 } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { commands, keys, sessions } from '../../api/queries';
import type { Command, Station } from '../../api/shapes';
import { Can, useCan } from '../../components/can';
import { ask } from '../../components/confirm';
import { rowsOf } from '../../components/data_table';
import { formErrors } from '../../components/form_errors';
import { JsonView } from '../../components/json_view';
import { Empty, ProblemAlert, Read } from '../../components/page_state';
import { CommandStateBadge } from '../../components/status_badge';
import { Ago } from '../../components/values';
import { useStation } from '../stations/station_page';
import { type CommandForm, type Field, FORMS, initialOf, paramsOf } from './forms';
import { issue } from './issue';
import { RawForm } from './raw_form';

export function CommandsTab() {
  const { t } = useTranslation();
  const can = useCan();
  const { query } = useStation();
  const search = useSearch({ from: '/shell/stations/$id/commands' });
  const navigate = useNavigate({ from: '/stations/$id/commands' });
  const station = query.data;
  if (!station) return null;
  const forms = FORMS.filter((form) => can(form.permission));
  const raw = can('stations.raw_ocpp');
  const chosen =
    search.form === 'raw' && raw ? 'raw' : (forms.find((f) => f.type === search.form) ?? forms[0])?.type;
  const form = forms.find((one) => one.type === chosen);
  const head = (
    <>
      <h2 id="send" style={{ margin: '0 0 12px' }}>
        {t('commands.send')}
      </h2>
      <Select
        label={t('commands.command')}
        allowDeselect={false}
        data={[
          ...forms.map((one) => ({ value: one.type, label: t(`commands.type.${one.type}`) })),
          ...(raw ? [{ value: 'raw', label: t('commands.raw') }] : []),
        ]}
        value={chosen ?? null}
        onChange={(value) => void navigate({ search: { form: value ?? undefined }, replace: true })}
        mb="md"
        maxDropdownHeight={420}
      />
      {!station.online && (
        <Text size="sm" className="tonehold" mb="sm">
          {t('commands.offline')}
        </Text>
      )}
    </>
  );
  if (chosen === 'raw') {
    return (
      <div className="two">
        <RawForm station={station} head={head}>
          <Can do="stations.control">
            <History id={station.id} />
          </Can>
        </RawForm>
      </div>
    );
  }
  return (
    <div className="two">
      {form && (
        <section className="card" aria-labelledby="send">
          {head}
          <TypedForm key={form.type} form={form} station={station} />
        </section>
      )}
      <Can do="stations.control">
        <History id={station.id} />
      </Can>
    </div>
  );
}

function TypedForm({ form, station }: { form: CommandForm; station: Station }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [sentAt, setSentAt] = useState(0);
  const [took, setTook] = useState<number | null>(null);
  const fields = useForm({ initialValues: initialOf(form) });
  const send = useMutation({
    mutationFn: (params: Record<string, unknown>) => {
      const began = performance.now();
      setSentAt(began);
      return issue(station.id, form.type, params).finally(() => setTook(performance.now() - began));
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: [...keys.station(station.id), 'commands'] }),
    onError: (error) => {
      const errors = formErrors(error);
      fields.setErrors(
        Object.fromEntries(Object.entries(errors).map(([k, v]) => [k.replace(/^params\./, ''), v])),
      );
    },
  });
  const charging = station.evses.filter((evse) => evse.session_id).map((evse) => evse.number);
  const submit = fields.onSubmit((values) => {
    const params = paramsOf(form, values);
    if (!form.harsh || charging.length === 0) return send.mutate(params);
    ask({
      title: t(`commands.type.${form.type}`),
      text: t('commands.charging_now', { count: charging.length, evses: charging.join(', ') }),
      yes: t('commands.send_anyway'),
      red: true,
      onYes: () => send.mutate(params),
    });
  });
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          {t(`commands.hint.${form.type}`)}
        </Text>
        {form.fields.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            station={station}
            input={fields.getInputProps(field.name, { type: field.kind === 'switch' ? 'checkbox' : 'input' })}
          />
        ))}
        <Group justify="flex-end">
          <Button
            type="submit"
            loading={send.isPending}
            disabled={!station.online}
            leftSection={<IconSend size={15} />}
          >
            {t('commands.send_now')}
          </Button>
        </Group>
        {send.isError && <ProblemAlert error={send.error} />}
        {send.data && !send.isPending && sentAt > 0 && <Answer command={send.data} took={took} />}
      </Stack>
    </form>
  );
}

// biome-ignore lint/suspicious/noExplicitAny: the form library's input props
function FieldInput({ field, station, input }: { field: Field; station: Station; input: any }) {
  const { t } = useTranslation();
  const label = t(`commands.field.${field.name}`);
  const running = useInfiniteQuery({
    ...sessions({ station_id: station.id, state: 'active' }),
    enabled: field.name === 'session_id',
  });
  if (field.name === 'session_id') {
    const rows = rowsOf(running);
    return (
      <Select
        label={label}
        required
        placeholder={rows.length === 0 ? t('commands.no_session') : undefined}
        data={rows.map((row) => ({
          value: row.id,
          label: `${t('sessions.evse_n', { n: row.evse ?? '?' })} · ${row.token?.label ?? row.wire_id ?? row.id}`,
        }))}
        {...input}
        value={input.value || null}
        onChange={(value) => input.onChange(value ?? '')}
      />
    );
  }
  if (field.name === 'evse') {
    return (
      <Select
        label={label}
        required={field.required}
        clearable={!field.required}
        clearButtonProps={{ 'aria-label': t('form.clear') }}
        placeholder={field.required ? undefined : t('commands.whole_station')}
        data={station.evses.map((evse) => ({
          value: String(evse.number),
          label: t('sessions.evse_n', { n: evse.number }),
        }))}
        {...input}
        value={input.value || null}
        onChange={(value) => input.onChange(value ?? '')}
      />
    );
  }
  switch (field.kind) {
    case 'select':
      return (
        <Select
          label={label}
          required={field.required}
          allowDeselect={false}
          data={(field.options ?? []).map((value) => ({ value, label: t(`commands.option.${value}`) }))}
          {...input}
        />
      );
    case 'switch':
      return <Switch label={label} {...input} />;
    case 'values':
    case 'keys':
      return (
        <Textarea
          label={label}
          description={t(`commands.${field.kind}_hint`)}
          autosize
          minRows={3}
          required={field.required}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          {...input}
        />
      );
    default:
      return (
        <TextInput
          label={label}
          required={field.required}
          type={field.kind === 'number' ? 'number' : field.kind === 'time' ? 'datetime-local' : 'text'}
          min={field.kind === 'number' ? 0 : undefined}
          {...input}
        />
      );
  }
}

export function Answer({ command, took }: { command: Command; took?: number | null }) {
  const { t } = useTranslation();
  const time =
    command.sent_at && command.settled_at
      ? Date.parse(command.settled_at) - Date.parse(command.sent_at)
      : (took ?? null);
  return (
    <Stack gap={8} data-testid="answer">
      <Group gap={10}>
        <CommandStateBadge state={command.state} />
        {time !== null && (
          <span className="sub num">{t('commands.took', { ms: Math.max(0, Math.round(time)) })}</span>
        )}
        {command.issued_by && <span className="sub">{command.issued_by.name}</span>}
      </Group>
      {command.error && (
        <Text size="sm" className="tonebad">
          <span className="mono">{command.error.code}</span> {command.error.text}
        </Text>
      )}
      {command.answer != null && <JsonView value={command.answer} label={t('commands.answer')} />}
    </Stack>
  );
}

/** The action of a raw call. */
const rawAction = ({ type, params }: Command) =>
  type === 'ocpp' ? ((params as { action?: string } | null)?.action ?? null) : null;

function History({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(commands(id));
  const [which, setWhich] = useState('all');
  return (
    <section className="card" aria-labelledby="history">
      <div className="cardhead">
        <h2 id="history" style={{ margin: 0 }}>
          {t('commands.history')}
        </h2>
        <SegmentedControl
          size="xs"
          aria-label={t('commands.history')}
          value={which}
          onChange={setWhich}
          data={[
            { value: 'all', label: t('stations.all') },
            { value: 'failed', label: t('commands.failed') },
          ]}
        />
      </div>
      <Read query={query} rows={5}>
        {(page) => {
          const rows = page.data.filter(
            (one) => which === 'all' || ['rejected', 'error', 'timeout'].includes(one.state),
          );
          return rows.length === 0 ? (
            <Empty
              icon={<IconTerminal2 size={22} />}
              title={t('commands.none')}
              text={t('commands.none_text')}
            />
          ) : (
            <ul className="plain">
              {rows.map((one) => (
                <li key={one.id} style={{ display: 'block' }}>
                  <details>
                    <summary style={{ cursor: 'pointer', display: 'flex', alignItems: 'center', gap: 10 }}>
                      <b className="fits" style={{ fontWeight: 570, flex: 1 }}>
                        {rawAction(one) ?? t(`commands.type.${one.type}`, { defaultValue: one.type })}
                      </b>
                      <CommandStateBadge state={one.state} />
                      <span className="sub" style={{ minWidth: 62, textAlign: 'right' }}>
                        <Ago at={one.created_at} />
                      </span>
                    </summary>
                    <Stack gap={8} mt={8}>
                      <JsonView value={one.params ?? {}} label={t('commands.asked')} />
                      <Answer command={one} />
                    </Stack>
                  </details>
                </li>
              ))}
            </ul>
          );
        }}
      </Read>
    </section>
  );
}
