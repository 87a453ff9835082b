// A site that is made or edited.
import { Button, Group, Modal, Select, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import type { Site } from '../../api/shapes';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { ADMIN_STATES } from '../stations/settings_tab';

const ACCESS = ['public_free', 'public_paid', 'restricted'] as const;

export default function SiteForm({ site, close }: { site: Site | null; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      name: site?.name ?? '',
      address: site?.address ?? '',
      city: site?.city ?? '',
      country: site?.country ?? '',
      time_zone: site?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      latitude: site?.latitude?.toString() ?? '',
      longitude: site?.longitude?.toString() ?? '',
      admin_state: site?.admin_state ?? 'in_service',
      accessibility: site?.accessibility ?? 'public_paid',
    },
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      const body = {
        ...values,
        address: values.address || null,
        city: values.city || null,
        country: values.country || null,
        latitude: values.latitude === '' ? null : Number(values.latitude),
        longitude: values.longitude === '' ? null : Number(values.longitude),
      };
      return site ? patch<Site>(`/sites/${site.id}`, body) : post<Site>('/sites', body);
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['sites'] });
      close();
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={site ? t('sites.edit_named', { name: site.name }) : t('sites.add')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {save.isError && <ProblemAlert error={save.error} />}
          <TextInput label={t('sites.name')} required data-autofocus {...form.getInputProps('name')} />
          <TextInput label={t('sites.address')} {...form.getInputProps('address')} />
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput label={t('sites.city')} {...form.getInputProps('city')} />
            <TextInput label={t('sites.country')} maxLength={2} {...form.getInputProps('country')} />
            <TextInput label={t('sites.latitude')} inputMode="decimal" {...form.getInputProps('latitude')} />
            <TextInput
              label={t('sites.longitude')}
              inputMode="decimal"
              {...form.getInputProps('longitude')}
            />
            <Select
              label={t('station.admin_state')}
              allowDeselect={false}
              data={ADMIN_STATES.map((value) => ({ value, label: t(`admin_state.${value}`) }))}
              {...form.getInputProps('admin_state')}
            />
            <Select
              label={t('sites.accessibility')}
              allowDeselect={false}
              data={ACCESS.map((value) => ({ value, label: t(`accessibility.${value}`) }))}
              {...form.getInputProps('accessibility')}
            />
          </SimpleGrid>
          <TextInput label={t('sites.time_zone')} {...form.getInputProps('time_zone')} />
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
