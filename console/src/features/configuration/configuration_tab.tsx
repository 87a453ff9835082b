// A station's configuration: what it has beside what is wished, 1.6 keys and 2.x variables in one table.
// Edits are pending until they were looked at and applied; each setting then tells how far it is.
import { Button, Checkbox, Group, Select, Text, TextInput } from '@mantine/core';
import { IconAdjustments, IconLock, IconPencil, IconSearch } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { keys } from '../../api/queries';
import { useCan } from '../../components/can';
import { type Column, DataTable } from '../../components/data_table';
import { Empty, ProblemAlert, Read } from '../../components/page_state';
import { Ago } from '../../components/values';
import { UNKNOWN } from '../../format';
import { LockPanel } from '../lock/lock_panel';
import { useStation } from '../stations/station_page';
import { type Area, configuration, keyOf, type Setting, settings, shownName } from './reads';
import { type Pending, Review } from './review';
import { SettingName } from './setting_name';
import { TemplateLine } from './template_line';
import { WishState } from './wish_state';

const AREAS: Area[] = ['network', 'security', 'metering', 'smart_charging', 'vendor'];

/** How often a station that was never read is asked by the page, and after what time again. */
const TRIES = 4;
const AGAIN_MS = 5_000;

export function ConfigurationTab() {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const { id, query: station } = useStation();
  const search = useSearch({ from: '/shell/stations/$id/variables' });
  const navigate = useNavigate({ from: '/stations/$id/variables' });
  const query = useQuery(settings(id));
  const summary = useQuery(configuration(id));
  const online = station.data?.online ?? false;
  const may = can('stations.configure');
  const [area, setArea] = useState<string>('');
  const [onlyDrift, setOnlyDrift] = useState(false);
  const [onlyWished, setOnlyWished] = useState(false);
  const [editing, setEditing] = useState<string | null>(null);
  const [pending, setPending] = useState<Pending>(new Map());
  const [reviewing, setReviewing] = useState(false);

  // Never blank: what was never read is read when somebody opens the page who may ask for it; and a few times
  // more where that failed, as it does while a station is not accepted yet.
  const tries = useRef(0);
  const read = useMutation({
    mutationFn: () => post(`/stations/${id}/settings/read`),
    onSuccess: () => void client.invalidateQueries({ queryKey: [...keys.station(id), 'configuration'] }),
  });
  const never = summary.data !== undefined && !summary.data.read_at && !summary.data.reading_since;
  const { mutate: ask } = read;
  useEffect(() => {
    if (!never || !may || !online || tries.current >= TRIES) return;
    const turn = setTimeout(
      () => {
        tries.current += 1;
        ask();
      },
      tries.current === 0 ? 0 : AGAIN_MS,
    );
    return () => clearTimeout(turn);
  }, [never, may, online, ask]);
  // What changed about the whole is looked up in the table.
  const mark = [summary.data?.progress, summary.data?.read_at, summary.data?.looked_at].join();
  useEffect(() => {
    if (mark) void client.invalidateQueries({ queryKey: [...keys.station(id), 'settings'] });
  }, [mark, client, id]);

  const apply = useMutation({
    mutationFn: () => post(`/stations/${id}/settings/apply`),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.station(id) }),
  });
  const put = (setting: Setting, value: string | null) => {
    const key = keyOf(setting.name);
    setPending((before) => {
      const after = new Map(before);
      const same = value !== null && value === (setting.wish?.value ?? setting.value ?? '');
      if (same) after.delete(key);
      else after.set(key, { name: setting.name, value });
      return after;
    });
    setEditing(null);
  };
  const columns = useMemo<Column<Setting>[]>(
    () => [
      {
        id: 'name',
        head: t('variables.name'),
        sort: (one) => shownName(one.name),
        cell: (one) => (
          <>
            <SettingName name={one.name} />
            {one.locked && (
              <IconLock size={13} role="img" aria-label={t('lock.frozen')} style={{ marginLeft: 6 }} />
            )}
            {one.attributes.map((other) => (
              <div key={other.attribute} className="sub">
                {other.attribute}: {other.value ?? UNKNOWN}
              </div>
            ))}
          </>
        ),
      },
      {
        id: 'value',
        head: t('variables.value'),
        cell: (one) => (
          <span className="mono" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
            {one.value ?? UNKNOWN}
            {one.traits?.unit && <span className="sub"> {one.traits.unit}</span>}
          </span>
        ),
      },
      {
        id: 'wish',
        head: t('configuration.wish'),
        cell: (one) => {
          const change = pending.get(keyOf(one.name));
          if (editing === keyOf(one.name))
            return <Edit setting={one} put={put} close={() => setEditing(null)} />;
          return (
            <span className="mono" style={{ overflowWrap: 'anywhere' }}>
              {change ? (
                <mark>{change.value ?? t('configuration.forgotten')}</mark>
              ) : (
                (one.wish?.value ?? UNKNOWN)
              )}
            </span>
          );
        },
      },
      {
        id: 'state',
        head: t('configuration.stands'),
        sort: (one) => one.wish?.state ?? null,
        cell: (one) => (one.wish ? <WishState wish={one.wish} /> : null),
      },
      {
        id: 'access',
        from: 'desktop',
        head: t('variables.access'),
        cell: (one) => (
          <span className="sub">
            {one.mutability ? t(`configuration.access.${one.mutability}`) : UNKNOWN}
            {limits(one) && <div>{limits(one)}</div>}
          </span>
        ),
      },
      {
        id: 'at',
        from: 'desktop',
        head: t('variables.reported'),
        sort: (one) => one.reported_at ?? null,
        cell: (one) => <Ago at={one.reported_at} />,
      },
      ...(may
        ? [
            {
              id: 'edit',
              head: t('variables.change'),
              right: true,
              cell: (one: Setting) =>
                one.mutability !== 'read_only' && !one.secret ? (
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    leftSection={<IconPencil size={13} />}
                    disabled={one.locked}
                    onClick={() => setEditing(keyOf(one.name))}
                    aria-label={t('variables.change_named', { name: shownName(one.name) })}
                  >
                    {t('variables.change')}
                  </Button>
                ) : null,
            },
          ]
        : []),
    ],
    // `put` only sets state by its former value.
    [t, may, pending, editing],
  );
  return (
    <>
      <LockPanel id={id} online={online} />
      {summary.data && <TemplateLine id={id} data={summary.data} online={online} />}
      <div className="filters">
        <TextInput
          data-filter
          w={280}
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
        <Select
          w={170}
          aria-label={t('configuration.group')}
          value={area}
          allowDeselect={false}
          onChange={(value) => setArea(value ?? '')}
          data={[
            { value: '', label: t('configuration.all_groups') },
            ...AREAS.map((one) => ({ value: one, label: t(`configuration.area.${one}`) })),
          ]}
        />
        <Checkbox
          label={t('configuration.only_drift')}
          checked={onlyDrift}
          onChange={(event) => setOnlyDrift(event.currentTarget.checked)}
        />
        <Checkbox
          label={t('configuration.only_wished')}
          checked={onlyWished}
          onChange={(event) => setOnlyWished(event.currentTarget.checked)}
        />
        <div style={{ flex: 1 }} />
        {may && (summary.data?.drift ?? 0) > 0 && (
          <Button variant="default" loading={apply.isPending} onClick={() => apply.mutate()}>
            {t('configuration.write_now')}
          </Button>
        )}
      </div>
      {pending.size > 0 && (
        <Group className="card" justify="space-between" mb="md" role="status">
          <Text>{t('configuration.pending', { count: pending.size })}</Text>
          <Group gap="xs">
            <Button variant="default" onClick={() => setPending(new Map())}>
              {t('configuration.discard')}
            </Button>
            <Button onClick={() => setReviewing(true)}>{t('configuration.review')}</Button>
          </Group>
        </Group>
      )}
      {(read.isError || apply.isError) && <ProblemAlert error={read.error ?? apply.error} />}
      <Read query={query} rows={9}>
        {(all) => {
          const q = (search.q ?? '').toLowerCase();
          const has = (text: string | null | undefined) => (text ?? '').toLowerCase().includes(q);
          const rows = all.filter(
            (one) =>
              (!area || one.area === area) &&
              (!onlyDrift || one.wish?.drift) &&
              (!onlyWished || one.wish) &&
              (!q || has(shownName(one.name)) || has(one.value) || has(one.wish?.value)),
          );
          const reading = Boolean(summary.data?.reading_since);
          return rows.length === 0 ? (
            <div className="card">
              <Empty
                icon={<IconAdjustments size={22} />}
                title={
                  all.length > 0
                    ? t('variables.none_match')
                    : reading
                      ? t('configuration.reading', { n: summary.data?.progress ?? 0 })
                      : t('variables.none')
                }
                text={all.length === 0 && !reading ? t('variables.none_text') : undefined}
              />
            </div>
          ) : (
            <DataTable
              label={t('tabs.variables')}
              columns={columns}
              rows={rows}
              rowKey={(one) => keyOf(one.name)}
              complete
            />
          );
        }}
      </Read>
      {reviewing && (
        <Review
          id={id}
          pending={pending}
          close={() => setReviewing(false)}
          done={() => {
            setPending(new Map());
            setReviewing(false);
          }}
        />
      )}
    </>
  );
}

function limits({ traits }: Setting): string | null {
  if (!traits) return null;
  if (traits.values.length > 0) return traits.values.join(', ');
  if (traits.min_limit == null && traits.max_limit == null) return null;
  return `${traits.min_limit ?? '−∞'} … ${traits.max_limit ?? '∞'}`;
}

function Edit({
  setting,
  put,
  close,
}: {
  setting: Setting;
  put: (setting: Setting, value: string | null) => void;
  close: () => void;
}) {
  const { t } = useTranslation();
  const [value, setValue] = useState(setting.wish?.value ?? setting.value ?? '');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        put(setting, value);
      }}
    >
      <Group gap={6} wrap="nowrap">
        <TextInput
          size="xs"
          aria-label={t('configuration.wish_of', { name: shownName(setting.name) })}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          data-autofocus
        />
        <Button size="compact-xs" type="submit">
          {t('configuration.keep')}
        </Button>
        {setting.wish && !setting.wish.template_id && (
          <Button size="compact-xs" variant="subtle" onClick={() => put(setting, null)}>
            {t('configuration.forget')}
          </Button>
        )}
        <Button size="compact-xs" variant="default" onClick={close}>
          {t('form.cancel')}
        </Button>
      </Group>
    </form>
  );
}
