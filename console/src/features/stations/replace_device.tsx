// Another device behind a station: its new identity, and the password that is shown once.
import { Alert, Button, Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconKey, IconReplace } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { keys } from '../../api/queries';
import type { NewStation, Station } from '../../api/shapes';
import { Can } from '../../components/can';
import { ask } from '../../components/confirm';
import { CopyLine } from '../../components/copy_line';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';

export function ReplaceDevice({ station }: { station: Station }) {
  return (
    <Can do="stations.identity.replace">
      <Form station={station} />
    </Can>
  );
}

function Form({ station }: { station: Station }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({ initialValues: { identity: '', end_sessions: false } });
  const charging = station.evses.some((evse) => evse.session_id);
  const replace = useMutation({
    mutationFn: (values: typeof form.values) =>
      post<NewStation>(`/stations/${station.id}/replace`, {
        identity: values.identity.trim(),
        end_sessions: values.end_sessions,
      }),
    onSuccess: (done) => {
      client.setQueryData(keys.station(station.id), done.station);
      void client.invalidateQueries({ queryKey: keys.stations });
      void client.invalidateQueries({ queryKey: keys.unclaimed });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  const done = replace.data;
  return (
    <section className="card">
      <h2 style={{ margin: '0 0 6px' }}>{t('replace_device.title')}</h2>
      <Text size="sm" c="dimmed" mb="sm">
        {t('replace_device.text')}
      </Text>
      {replace.isError && <ProblemAlert error={replace.error} />}
      {done?.password ? (
        <Alert color="volt" variant="light" icon={<IconKey aria-hidden />} title={t('add_station.once')}>
          <Stack gap="xs">
            <CopyLine text={done.station.identity} what={t('connect.identity')} />
            <CopyLine text={done.password} what={t('connect.password')} />
          </Stack>
        </Alert>
      ) : (
        <form
          onSubmit={form.onSubmit((values) =>
            ask({
              title: t('replace_device.title'),
              text: t('replace_device.sure', { old: station.identity, new: values.identity.trim() }),
              yes: t('replace_device.button'),
              red: true,
              onYes: () => replace.mutate(values),
            }),
          )}
        >
          <Stack align="flex-start">
            <TextInput
              label={t('replace_device.identity')}
              description={t('add_station.identity_hint')}
              required
              autoComplete="off"
              w="100%"
              {...form.getInputProps('identity')}
            />
            {charging && (
              <Checkbox
                label={t('replace_device.end_sessions')}
                description={t('replace_device.end_sessions_hint')}
                {...form.getInputProps('end_sessions', { type: 'checkbox' })}
              />
            )}
            <Button
              type="submit"
              variant="default"
              leftSection={<IconReplace size={15} />}
              loading={replace.isPending}
            >
              {t('replace_device.button')}
            </Button>
          </Stack>
        </form>
      )}
    </section>
  );
}
