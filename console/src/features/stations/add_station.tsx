// Registers a station, or claims one that waits; its password is shown once.
import { Alert, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconKey } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { connect, keys } from '../../api/queries';
import type { Station } from '../../api/shapes';
import { CopyLine } from '../../components/copy_line';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { useSites } from '../../components/use_sites';

type Made = { station: Station; password: string | null };

export function AddStation({ close, identity = '' }: { close: () => void; identity?: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const places = useSites();
  const address = useQuery(connect);
  const form = useForm({ initialValues: { identity, name: '', site_id: '', password: '' } });
  const make = useMutation({
    mutationFn: (values: typeof form.values) =>
      post<Made>('/stations', Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.stations });
      void client.invalidateQueries({ queryKey: keys.unclaimed });
      void client.invalidateQueries({ queryKey: keys.overview });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  const made = make.data;
  return (
    <Modal
      opened
      onClose={close}
      size="md"
      title={made ? t('add_station.made') : identity ? t('add_station.claim') : t('stations.add')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      {made ? (
        <Stack>
          <Alert color="volt" variant="light" icon={<IconKey aria-hidden />} title={t('add_station.once')}>
            {t('add_station.once_text')}
          </Alert>
          {address.data && (
            <Given
              label={t('connect.url')}
              value={address.data.url_template.replace(
                '{identity}',
                encodeURIComponent(made.station.identity),
              )}
            />
          )}
          <Given label={t('connect.identity')} value={made.station.identity} />
          {made.password && <Given label={t('connect.password')} value={made.password} />}
          <Group justify="flex-end">
            <Button
              variant="default"
              component={Link}
              to={`/stations/${made.station.id}/live`}
              onClick={close}
            >
              {t('add_station.open')}
            </Button>
            <Button onClick={close}>{t('form.done')}</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={form.onSubmit((values) => make.mutate(values))}>
          <Stack>
            {make.isError && <ProblemAlert error={make.error} />}
            <TextInput
              label={t('connect.identity')}
              description={t('add_station.identity_hint')}
              required
              data-autofocus
              readOnly={identity !== ''}
              {...form.getInputProps('identity')}
            />
            <TextInput label={t('add_station.name')} {...form.getInputProps('name')} />
            <Select
              label={t('stations.site')}
              data={places.map((site) => ({ value: site.id, label: site.name }))}
              clearable
              clearButtonProps={{ 'aria-label': t('form.clear') }}
              {...form.getInputProps('site_id')}
              onChange={(value) => form.setFieldValue('site_id', value ?? '')}
              value={form.values.site_id || null}
            />
            <TextInput
              label={t('connect.password')}
              description={t('add_station.password_hint')}
              autoComplete="off"
              {...form.getInputProps('password')}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('form.cancel')}
              </Button>
              <Button type="submit" loading={make.isPending}>
                {identity ? t('add_station.claim') : t('stations.add')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

function Given({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed" mb={4}>
        {label}
      </Text>
      <CopyLine text={value} what={label} />
    </div>
  );
}
