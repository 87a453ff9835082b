// A driver is added or changed; everything but the name can stay empty.
import { Button, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call, post } from '../../api/client';
import type { Driver } from '../../api/shapes';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';

const FIELDS = ['email', 'phone', 'plate', 'contract_id', 'reference', 'language'] as const;

export function DriverForm({
  driver,
  tag,
  close,
  done,
}: {
  driver?: Driver;
  /** The ETag of what is shown. */
  tag?: string;
  close: () => void;
  done: (driver: Driver) => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      name: driver?.name ?? '',
      email: driver?.email ?? '',
      phone: driver?.phone ?? '',
      plate: driver?.plate ?? '',
      contract_id: driver?.contract_id ?? '',
      reference: driver?.reference ?? '',
      language: driver?.language ?? '',
      note: driver?.note ?? '',
    },
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) => {
      const body = Object.fromEntries(
        Object.entries(values).map(([key, text]) => [key, key === 'name' ? text : text.trim() || null]),
      );
      return driver
        ? call<Driver>('PATCH', `/drivers/${driver.id}`, { body, headers: tag ? { 'if-match': tag } : {} })
        : post<Driver>('/drivers', body);
    },
    onSuccess: (saved) => {
      void client.invalidateQueries({ queryKey: ['drivers'] });
      void client.invalidateQueries({ queryKey: ['driver', saved.id] });
      close();
      done(saved);
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={driver ? t('drivers.change') : t('drivers.add')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {save.isError && <ProblemAlert error={save.error} />}
          <TextInput label={t('drivers.name')} required data-autofocus {...form.getInputProps('name')} />
          {FIELDS.map((field) => (
            <TextInput
              key={field}
              label={t(`drivers.${field}`)}
              description={field === 'language' ? t('drivers.language_text') : undefined}
              autoComplete="off"
              {...form.getInputProps(field)}
            />
          ))}
          <Textarea label={t('drivers.note')} autosize minRows={2} {...form.getInputProps('note')} />
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
