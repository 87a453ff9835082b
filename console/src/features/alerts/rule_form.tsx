// The form of a rule. What it does not show (single members) it leaves as it is.
import {
  Button,
  Chip,
  Group,
  Modal,
  MultiSelect,
  NumberInput,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import { roles, sites, webhooks } from '../../api/queries';
import type { AlertKind, AlertRule, RoleKey } from '../../api/shapes';
import { useCan } from '../../components/can';
import { rowsOf } from '../../components/data_table';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';

const KINDS: AlertKind[] = [
  'offline',
  'faulted',
  'flapping',
  'firmware_failed',
  'drift',
  'tamper',
  'zombie_session',
  'no_meter_values',
  'certificate_expiring',
  'clock_skew',
  'load_limit',
];
const WITH_THRESHOLD: AlertKind[] = ['flapping', 'clock_skew'];
const DAYS = ['1', '2', '3', '4', '5', '6', '7'];
const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const minute = (text: string) => {
  const [hours, minutes] = text.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
};

export function RuleForm({
  rule,
  close,
  saved,
}: {
  rule: AlertRule | null;
  close: () => void;
  saved: () => void;
}) {
  const { t } = useTranslation();
  const can = useCan();
  const places = useQuery(sites).data?.data ?? [];
  const known = useQuery(roles).data?.roles ?? [];
  const hooks = can('webhooks.manage', null);
  const targets = rowsOf(useInfiniteQuery({ ...webhooks, enabled: hooks }));
  const form = useForm({
    initialValues: {
      kind: (rule?.kind ?? 'offline') as AlertKind,
      name: rule?.name ?? '',
      minutes: rule?.minutes ?? 10,
      threshold: rule?.threshold ?? 6,
      sites: rule?.scope.sites ?? [],
      limited: Boolean(rule?.hours),
      days: (rule?.hours?.days ?? [1, 2, 3, 4, 5]).map(String),
      from: clock(rule?.hours?.from_minute ?? 8 * 60),
      to: clock((rule?.hours?.to_minute ?? 18 * 60) % 1440),
      time_zone: rule?.hours?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      in_app: (rule?.in_app.roles ?? ['administrator', 'technician']) as string[],
      mail: (rule?.mail.roles ?? []) as string[],
      webhooks: rule?.webhooks ?? [],
    },
  });
  const values = form.values;
  const save = useMutation({
    mutationFn: () => {
      const body = {
        name: values.name,
        minutes: values.minutes,
        threshold: WITH_THRESHOLD.includes(values.kind) ? values.threshold : null,
        scope: { sites: values.sites, stations: rule?.scope.stations ?? [] },
        hours: values.limited
          ? {
              days: values.days.map(Number),
              from_minute: minute(values.from),
              to_minute: minute(values.to),
              time_zone: values.time_zone,
            }
          : null,
        in_app: { roles: values.in_app as RoleKey[], users: rule?.in_app.users ?? [] },
        mail: { roles: values.mail as RoleKey[], users: rule?.mail.users ?? [] },
        ...(hooks ? { webhooks: values.webhooks } : {}),
      };
      return rule
        ? patch(`/alert_rules/${rule.id}`, body)
        : post('/alert_rules', { kind: values.kind, ...body });
    },
    onSuccess: () => {
      saved();
      close();
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  const roleData = known.map((role) => ({ value: role.key, label: t(`role.${role.key}`, role.title) }));
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={rule ? t('rules.edit') : t('rules.make')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form onSubmit={form.onSubmit(() => save.mutate())}>
        <Stack>
          {save.isError && <ProblemAlert error={save.error} />}
          <Select
            label={t('alerts.what')}
            description={t(`alerts.hint.${values.kind}`)}
            allowDeselect={false}
            disabled={rule !== null}
            data={KINDS.map((kind) => ({ value: kind, label: t(`alerts.kind.${kind}`) }))}
            {...form.getInputProps('kind')}
            onChange={(kind) => {
              form.setFieldValue('kind', kind as AlertKind);
              // Six seconds off is no wrong clock, and sixty times an hour no quiet one.
              form.setFieldValue('threshold', kind === 'clock_skew' ? 60 : 6);
            }}
          />
          <TextInput label={t('rules.name')} {...form.getInputProps('name')} />
          <Group grow>
            <NumberInput
              label={values.kind === 'flapping' ? t('rules.quiet') : t('rules.after_minutes')}
              min={0}
              max={10080}
              allowDecimal={false}
              {...form.getInputProps('minutes')}
            />
            {WITH_THRESHOLD.includes(values.kind) && (
              <NumberInput
                label={t(`rules.threshold_label.${values.kind}`)}
                min={1}
                max={86400}
                allowDecimal={false}
                {...form.getInputProps('threshold')}
              />
            )}
          </Group>
          <MultiSelect
            label={t('rules.sites')}
            description={t('rules.sites_text')}
            searchable
            data={places.map((site) => ({ value: site.id, label: site.name }))}
            {...form.getInputProps('sites')}
          />
          <Switch label={t('rules.limited')} {...form.getInputProps('limited', { type: 'checkbox' })} />
          {values.limited && (
            <Stack gap="xs">
              <Chip.Group multiple {...form.getInputProps('days')}>
                <Group gap={6} role="group" aria-label={t('rules.days')}>
                  {DAYS.map((day) => (
                    <Chip key={day} value={day} size="xs">
                      {t(`rules.day.${day}`)}
                    </Chip>
                  ))}
                </Group>
              </Chip.Group>
              <Group grow>
                <TextInput type="time" label={t('rules.from')} {...form.getInputProps('from')} />
                <TextInput type="time" label={t('rules.to')} {...form.getInputProps('to')} />
                <TextInput label={t('rules.time_zone')} {...form.getInputProps('time_zone')} />
              </Group>
              {form.errors.hours && <Text c="red">{form.errors.hours}</Text>}
            </Stack>
          )}
          <MultiSelect label={t('rules.in_app')} data={roleData} {...form.getInputProps('in_app')} />
          <MultiSelect label={t('rules.mail')} data={roleData} {...form.getInputProps('mail')} />
          {hooks && (
            <MultiSelect
              label={t('nav.webhooks')}
              data={targets.map((hook) => ({ value: hook.id, label: hook.name }))}
              {...form.getInputProps('webhooks')}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('form.cancel')}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t('form.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
