// Something for many stations: chosen, looked at as a sheet of what it would meet, and then begun.
import {
  Accordion,
  Button,
  Group,
  List,
  Modal,
  NumberInput,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { keys } from '../../api/queries';
import type { Job, JobPlan } from '../../api/shapes';
import { useCan } from '../../components/can';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import type { Field, Values } from '../commands/forms';
import { LibraryChoice } from '../firmware/library_choice';
import { bodyOf, DEEDS, type Deed, PACE, type Pace, type Target } from './deeds';

type Body = ReturnType<typeof bodyOf>;

const initial = (deed: Deed): Values =>
  Object.fromEntries(
    deed.fields.map((field) => [field.name, field.initial ?? (field.kind === 'switch' ? false : '')]),
  );

export default function NewJob({ target, close }: { target: Target; close: () => void }) {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const navigate = useNavigate();
  const deeds = DEEDS.filter((deed) => deed.needs.every((permission) => can(permission)));
  const [deed, setDeed] = useState<Deed | undefined>(deeds[0]);
  const [values, setValues] = useState<Values>(deeds[0] ? initial(deeds[0]) : {});
  const [pace, setPace] = useState<Pace>(PACE);
  const look = useMutation({
    mutationFn: async (body: Body) => ({
      body,
      plan: await post<JobPlan>('/jobs', { ...body, dry_run: true }),
    }),
  });
  const run = useMutation({
    mutationFn: (body: Body) => post<Job>('/jobs', body),
    onSuccess: (job) => {
      void client.invalidateQueries({ queryKey: keys.jobs });
      void navigate({ to: '/jobs/$id', params: { id: job.id } });
    },
  });
  const errors = formErrors(look.error);
  // A file of the library knows its address and its version.
  const fields = values.firmware_file_id ? [] : deed?.fields;
  const sheet = look.data;
  const word = (one: Deed) => t(one.form ? `commands.type.${one.form.type}` : `jobs.kind.${one.kind}`);
  return (
    <Modal
      opened
      size="lg"
      onClose={close}
      title={t('jobs.new')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      {sheet ? (
        <Stack>
          <Sheet plan={sheet.plan} />
          {run.isError && <ProblemAlert error={run.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={look.reset}>
              {t('jobs.back')}
            </Button>
            <Button
              loading={run.isPending}
              disabled={sheet.plan.counts.ready + sheet.plan.counts.offline === 0}
              onClick={() => run.mutate(sheet.body)}
            >
              {t('jobs.run', { count: sheet.plan.counts.ready + sheet.plan.counts.offline })}
            </Button>
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (deed) look.mutate(bodyOf(deed, values, pace, target, new Date()));
          }}
        >
          <Stack>
            <Select
              label={t('jobs.what')}
              data={deeds.map((one) => ({ value: one.key, label: word(one) }))}
              value={deed?.key ?? null}
              allowDeselect={false}
              onChange={(key) => {
                const next = DEEDS.find((one) => one.key === key);
                setDeed(next);
                if (next) setValues(initial(next));
                look.reset();
              }}
            />
            {deed?.kind === 'firmware' && (
              <LibraryChoice
                value={String(values.firmware_file_id ?? '')}
                error={errors['spec.firmware_file_id']}
                set={(id) => setValues((old) => ({ ...old, firmware_file_id: id, url: '', version: '' }))}
              />
            )}
            {fields?.map((field) => (
              <JobField
                key={field.name}
                field={field}
                value={values[field.name] ?? ''}
                error={errors[`spec.params.${field.name}`] ?? errors[`spec.${field.name}`]}
                set={(value) => setValues((old) => ({ ...old, [field.name]: value }))}
              />
            ))}
            <PaceFields pace={pace} set={(next) => setPace((old) => ({ ...old, ...next }))} errors={errors} />
            {look.isError && <ProblemAlert error={look.error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={look.isPending} disabled={!deed}>
                {t('jobs.look')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

/** The sheet in words: how many, and what would be met there. */
function Sheet({ plan }: { plan: JobPlan }) {
  const { t } = useTranslation();
  const parts = (['charging', 'offline', 'locked', 'not_permitted', 'cannot'] as const).filter(
    (part) => plan.counts[part] > 0,
  );
  const odd = plan.stations.filter((one) => one.verdict !== 'ready' || one.charging);
  return (
    <>
      <Text fw={600}>
        {[
          t('jobs.plan.stations', { count: plan.counts.stations }),
          ...parts.map((part) => t(`jobs.plan.${part}`, { count: plan.counts[part] })),
        ].join('; ')}
      </Text>
      <Text size="sm" c="dimmed">
        {plan.pace.waves.length > 0
          ? t('jobs.plan.waves', { waves: plan.pace.waves.join(', '), count: plan.pace.concurrency })
          : t('jobs.plan.at_once', { count: plan.pace.concurrency })}
      </Text>
      {odd.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
        <section style={{ maxHeight: 220, overflow: 'auto' }} tabIndex={0} aria-label={t('jobs.plan.odd')}>
          <List size="sm" spacing={2}>
            {odd.map((one) => (
              <List.Item key={one.station_id}>
                <b>{one.identity}</b>{' '}
                {t(`jobs.verdict.${one.charging && one.verdict === 'ready' ? 'charging' : one.verdict}`)}
              </List.Item>
            ))}
          </List>
        </section>
      )}
    </>
  );
}

function JobField({
  field,
  value,
  error,
  set,
}: {
  field: Field;
  value: string | boolean;
  error?: string;
  set: (value: string | boolean) => void;
}) {
  const { t } = useTranslation();
  const label = t(`commands.field.${field.name}`);
  if (field.kind === 'switch') {
    return (
      <Switch label={label} checked={Boolean(value)} onChange={(event) => set(event.currentTarget.checked)} />
    );
  }
  const text = String(value);
  if (field.kind === 'select') {
    const word = (option: string) =>
      field.name === 'admin_state' ? t(`admin_state.${option}`) : t(`commands.option.${option}`);
    return (
      <Select
        label={label}
        required={field.required}
        allowDeselect={false}
        data={field.options?.map((option) => ({ value: option, label: word(option) }))}
        value={text}
        error={error}
        onChange={(next) => set(next ?? '')}
      />
    );
  }
  const common = { label, required: field.required, value: text, error };
  if (field.kind === 'values') {
    return (
      <Textarea
        {...common}
        autosize
        minRows={3}
        description={t('commands.values_hint')}
        onChange={(event) => set(event.currentTarget.value)}
      />
    );
  }
  return <TextInput {...common} onChange={(event) => set(event.currentTarget.value)} />;
}

function PaceFields({
  pace,
  set,
  errors,
}: {
  pace: Pace;
  set: (next: Partial<Pace>) => void;
  errors: Record<string, string>;
}) {
  const { t } = useTranslation();
  return (
    <Accordion variant="contained" chevronPosition="left">
      <Accordion.Item value="pace">
        <Accordion.Control>{t('jobs.pace.title')}</Accordion.Control>
        <Accordion.Panel>
          <Stack>
            <TextInput
              label={t('jobs.pace.waves')}
              description={t('jobs.pace.waves_hint')}
              value={pace.waves}
              error={errors.waves}
              onChange={(event) => set({ waves: event.currentTarget.value })}
            />
            <NumberInput
              label={t('jobs.pace.concurrency')}
              min={1}
              max={500}
              placeholder="20"
              value={pace.concurrency}
              error={errors.concurrency}
              onChange={(value) => set({ concurrency: String(value) })}
            />
            <NumberInput
              label={t('jobs.pace.stop')}
              min={0}
              max={100}
              value={pace.stop_on_failure_percent}
              error={errors.stop_on_failure_percent}
              onChange={(value) => set({ stop_on_failure_percent: String(value) })}
            />
            <NumberInput
              label={t('jobs.pace.hours')}
              description={t('jobs.pace.hours_hint')}
              min={1}
              max={2_160}
              value={pace.hours}
              error={errors.deadline}
              onChange={(value) => set({ hours: String(value) })}
            />
            <Switch
              label={t('jobs.pace.idle')}
              checked={pace.wait_for_idle}
              onChange={(event) => set({ wait_for_idle: event.currentTarget.checked })}
            />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
