// What the station reported about itself: 1.6 keys and 2.x variables in one table.
import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAdjustments, IconLock, IconPencil, IconRefresh, IconSearch } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../../api/client';
import { keys, stationLock, variables } from '../../api/queries';
import type { Variable } from '../../api/shapes';
import { Can, useCan } from '../../components/can';
import { type Column, DataTable } from '../../components/data_table';
import { Empty, ProblemAlert, Read } from '../../components/page_state';
import { Ago } from '../../components/values';
import { UNKNOWN } from '../../format';
import { issue } from '../commands/issue';
import { LockPanel } from '../lock/lock_panel';
import { useStation } from './station_page';

export const nameOf = (v: Variable) =>
  [
    v.component && `${v.component}${v.component_instance ? `[${v.component_instance}]` : ''}`,
    `${v.variable}${v.variable_instance ? `[${v.variable_instance}]` : ''}`,
  ]
    .filter(Boolean)
    .join('.');
/** Names of settings are compared without case, as stations do. */
const settingKey = (v: {
  component?: string | null;
  component_instance?: string | null;
  evse?: number | null;
  connector?: number | null;
  variable: string;
  variable_instance?: string | null;
}) =>
  [v.component, v.component_instance, v.evse, v.connector, v.variable, v.variable_instance]
    .map((part) => part ?? '')
    .join('|')
    .toLowerCase();
const keyOf = (v: Variable) => [nameOf(v), v.evse, v.connector, v.attribute].join('|');
const writable = (v: Variable) => !/^read.?only$/i.test((v.mutability ?? '').replaceAll('_', ''));

export function VariablesTab() {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const { id, query: station } = useStation();
  const search = useSearch({ from: '/shell/stations/$id/variables' });
  const navigate = useNavigate({ from: '/stations/$id/variables' });
  const [onlyWritable, setOnlyWritable] = useState(false);
  const [editing, setEditing] = useState<Variable | null>(null);
  const query = useQuery(variables(id));
  const lock = useQuery(stationLock(id)).data;
  const online = station.data?.online ?? false;
  const again = useMutation({
    // A station with components sends a report; one with plain keys is asked for its keys. Unknown: both in turn.
    mutationFn: async () => {
      if (query.data?.some((v) => v.component)) return issue(id, 'request_report', { kind: 'full' });
      try {
        return await issue(id, 'read_variables', {});
      } catch (error) {
        if (query.data?.length || !(error instanceof Problem) || error.status !== 422) throw error;
        return issue(id, 'request_report', { kind: 'full' });
      }
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: [...keys.station(id), 'variables'] }),
  });
  const mayWrite = can('stations.configure');
  const shut = lock?.padlock === 'closed';
  const frozen = useMemo(
    () => new Set((lock?.lock?.frozen ?? []).map((one) => settingKey(one.name))),
    [lock],
  );
  const columns = useMemo<Column<Variable>[]>(
    () => [
      {
        id: 'name',
        head: t('variables.name'),
        sort: (v) => nameOf(v),
        cell: (v) => (
          <span style={{ overflowWrap: 'anywhere' }}>
            {v.component && (
              <span className="quiet">{`${v.component}${v.component_instance ? `[${v.component_instance}]` : ''}.`}</span>
            )}
            <b
              style={{ fontWeight: 600 }}
            >{`${v.variable}${v.variable_instance ? `[${v.variable_instance}]` : ''}`}</b>
            {v.evse !== null && <span className="sub"> · {t('sessions.evse_n', { n: v.evse })}</span>}
            {frozen.has(settingKey(v)) && (
              <IconLock size={13} role="img" aria-label={t('lock.frozen')} style={{ marginLeft: 6 }} />
            )}
            {v.attribute && v.attribute.toLowerCase() !== 'actual' && (
              <span className="sub"> · {v.attribute}</span>
            )}
          </span>
        ),
      },
      {
        id: 'value',
        head: t('variables.value'),
        cell: (v) => (
          <span className="mono" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
            {v.value ?? UNKNOWN}
          </span>
        ),
      },
      {
        id: 'access',
        head: t('variables.access'),
        cell: (v) => <span className="sub">{v.mutability ?? UNKNOWN}</span>,
      },
      {
        id: 'at',
        head: t('variables.reported'),
        sort: (v) => v.reported_at,
        cell: (v) => <Ago at={v.reported_at} />,
      },
      ...(mayWrite
        ? [
            {
              id: 'edit',
              head: t('variables.change'),
              right: true,
              cell: (v: Variable) =>
                writable(v) ? (
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    leftSection={<IconPencil size={13} />}
                    disabled={!online || (shut && frozen.has(settingKey(v)))}
                    onClick={() => setEditing(v)}
                    aria-label={t('variables.change_named', { name: nameOf(v) })}
                  >
                    {t('variables.change')}
                  </Button>
                ) : null,
            },
          ]
        : []),
    ],
    [t, mayWrite, online, shut, frozen],
  );
  return (
    <>
      <LockPanel id={id} online={online} />
      <div className="filters">
        <TextInput
          data-filter
          w={300}
          aria-label={t('variables.find')}
          placeholder={t('variables.find')}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={<kbd className="key">/</kbd>}
          value={search.q ?? ''}
          onChange={(event) => {
            const q = event.currentTarget.value || undefined;
            void navigate({ search: { q }, replace: true });
          }}
        />
        <Checkbox
          label={t('variables.only_writable')}
          checked={onlyWritable}
          onChange={(event) => setOnlyWritable(event.currentTarget.checked)}
        />
        <div style={{ flex: 1 }} />
        <Can do="station_settings.view">
          <Button
            variant="default"
            leftSection={<IconRefresh size={15} />}
            loading={again.isPending}
            disabled={!online}
            onClick={() => again.mutate()}
          >
            {t('variables.read_again')}
          </Button>
        </Can>
      </div>
      {again.isError && <ProblemAlert error={again.error} />}
      <Read query={query} rows={9}>
        {(all) => {
          const q = (search.q ?? '').toLowerCase();
          const rows = all.filter(
            (v) =>
              (!onlyWritable || writable(v)) &&
              (!q || nameOf(v).toLowerCase().includes(q) || (v.value ?? '').toLowerCase().includes(q)),
          );
          return rows.length === 0 ? (
            <div className="card">
              <Empty
                icon={<IconAdjustments size={22} />}
                title={all.length === 0 ? t('variables.none') : t('variables.none_match')}
                text={all.length === 0 ? t('variables.none_text') : undefined}
              />
            </div>
          ) : (
            <DataTable label={t('tabs.variables')} columns={columns} rows={rows} rowKey={keyOf} complete />
          );
        }}
      </Read>
      {editing && <Edit id={id} variable={editing} close={() => setEditing(null)} />}
    </>
  );
}

function Edit({ id, variable, close }: { id: string; variable: Variable; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [value, setValue] = useState(variable.value ?? '');
  const write = useMutation({
    mutationFn: () =>
      issue(id, 'write_variables', {
        values: [
          {
            ...(variable.component ? { component: variable.component } : {}),
            variable: variable.variable,
            ...(variable.evse !== null ? { evse: variable.evse } : {}),
            value,
          },
        ],
      }),
    onSuccess: (command) => {
      void client.invalidateQueries({ queryKey: [...keys.station(id), 'variables'] });
      notifications.show({
        title: nameOf(variable),
        message: t(`command_state.${command.state}`),
        color: ['accepted', 'completed'].includes(command.state) ? 'volt' : 'red',
      });
      close();
    },
  });
  return (
    <Modal
      opened
      onClose={close}
      title={nameOf(variable)}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          write.mutate();
        }}
      >
        <Stack>
          {write.isError && <ProblemAlert error={write.error} />}
          <TextInput
            label={t('variables.value')}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('form.cancel')}
            </Button>
            <Button type="submit" loading={write.isPending}>
              {t('variables.send')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
