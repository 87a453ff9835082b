// What people say about a station: name, site, administrative state, leniency, password, archive.
import { Alert, Button, Group, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { IconArchive, IconKey } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { patch, post, remove } from '../../api/client';
import { keys } from '../../api/queries';
import type { Station } from '../../api/shapes';
import { Can } from '../../components/can';
import { ask } from '../../components/confirm';
import { CopyLine } from '../../components/copy_line';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { useSites } from '../../components/use_sites';
import { History } from '../audit/history';
import { ReplaceDevice } from './replace_device';
import { useStation } from './station_page';

export const ADMIN_STATES = ['in_deployment', 'in_service', 'in_maintenance', 'out_of_service'] as const;

export function SettingsTab() {
  const { query } = useStation();
  return query.data ? <Settings key={query.data.id} station={query.data} /> : null;
}

function Settings({ station }: { station: Station }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const places = useSites();
  const form = useForm({
    initialValues: {
      name: station.name ?? '',
      site_id: station.site_id,
      admin_state: station.admin_state,
      policy_lenient: station.policy_lenient,
      policy_assume_protocol: station.policy_assume_protocol,
    },
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      // Only what was changed: each field may need a right of its own.
      const body: Record<string, unknown> = {};
      if (form.isDirty('name')) body.name = values.name.trim() || null;
      if (form.isDirty('site_id')) body.site_id = values.site_id;
      if (form.isDirty('admin_state')) body.admin_state = values.admin_state;
      if (form.isDirty('policy_lenient')) body.policy_lenient = values.policy_lenient;
      if (form.isDirty('policy_assume_protocol')) {
        body.policy_assume_protocol = values.policy_assume_protocol;
      }
      return patch<Station>(`/stations/${station.id}`, body);
    },
    onSuccess: (fresh) => {
      client.setQueryData(keys.station(station.id), fresh);
      void client.invalidateQueries({ queryKey: keys.stations });
      form.resetDirty();
      notifications.show({ message: t('form.saved'), color: 'volt' });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  const password = useMutation({
    mutationFn: () => post<{ password: string }>(`/stations/${station.id}/password`),
  });
  const archive = useMutation({
    mutationFn: () => remove(`/stations/${station.id}`),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.stations });
      void navigate({ to: '/stations' });
    },
  });
  const confirm = (title: string, text: string, yes: () => void, red = false) =>
    ask({ title, text, yes: title, red, onYes: yes });
  return (
    <>
      <div className="two">
        <form className="card" onSubmit={form.onSubmit((values) => save.mutate(values))}>
          <Stack>
            {save.isError && <ProblemAlert error={save.error} />}
            <TextInput label={t('add_station.name')} {...form.getInputProps('name')} />
            <Select
              label={t('stations.site')}
              data={places.map((site) => ({ value: site.id, label: site.name }))}
              clearable
              clearButtonProps={{ 'aria-label': t('form.clear') }}
              {...form.getInputProps('site_id')}
            />
            <Can do="stations.admin_state.edit">
              <Select
                label={t('station.admin_state')}
                data={ADMIN_STATES.map((value) => ({ value, label: t(`admin_state.${value}`) }))}
                allowDeselect={false}
                {...form.getInputProps('admin_state')}
              />
            </Can>
            <Switch
              label={t('station.lenient')}
              description={t('station.lenient_hint')}
              {...form.getInputProps('policy_lenient', { type: 'checkbox' })}
            />
            <Switch
              label={t('station.assume_protocol')}
              description={t('station.assume_protocol_hint')}
              {...form.getInputProps('policy_assume_protocol', { type: 'checkbox' })}
            />
            <Group justify="flex-end">
              <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
                {t('form.save')}
              </Button>
            </Group>
          </Stack>
        </form>
        <Stack>
          <section className="card">
            <h2 style={{ margin: '0 0 6px' }}>{t('station.password')}</h2>
            <Text size="sm" c="dimmed" mb="sm">
              {t('station.password_text')}
            </Text>
            {password.isError && <ProblemAlert error={password.error} />}
            {password.data ? (
              <Alert
                color="volt"
                variant="light"
                icon={<IconKey aria-hidden />}
                title={t('add_station.once')}
              >
                <CopyLine text={password.data.password} what={t('connect.password')} />
              </Alert>
            ) : (
              <Button
                variant="default"
                leftSection={<IconKey size={15} />}
                loading={password.isPending}
                onClick={() =>
                  confirm(t('station.new_password'), t('station.new_password_text'), () => password.mutate())
                }
              >
                {t('station.new_password')}
              </Button>
            )}
          </section>
          <ReplaceDevice station={station} />
          <section className="card">
            <h2 style={{ margin: '0 0 6px' }}>{t('station.archive')}</h2>
            <Text size="sm" c="dimmed" mb="sm">
              {t('station.archive_text')}
            </Text>
            {archive.isError && <ProblemAlert error={archive.error} />}
            <Button
              color="red"
              variant="light"
              leftSection={<IconArchive size={15} />}
              loading={archive.isPending}
              onClick={() =>
                confirm(t('station.archive'), t('station.archive_text'), () => archive.mutate(), true)
              }
            >
              {t('station.archive')}
            </Button>
          </section>
        </Stack>
      </div>
      <History object={station.id} />
    </>
  );
}
