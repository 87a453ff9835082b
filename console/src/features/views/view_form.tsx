// A list is kept as a view, or a view gets another name or other people to see it.
import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import type { SavedView } from '../../api/shapes';
import { useCan } from '../../components/can';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import type { Params } from './same';

export default function ViewForm({
  list,
  params,
  view,
  close,
  done,
}: {
  list: SavedView['list'];
  params: Params;
  /** The one that is changed. */
  view?: SavedView;
  close: () => void;
  done: (view: SavedView) => void;
}) {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const form = useForm({ initialValues: { name: view?.name ?? '', shared: view?.shared ?? false } });
  // Whoever shared one takes it back; another would only hide it from everybody but its owner.
  const mayShare = view?.shared ? view.mine : can('stations.edit', null);
  const save = useMutation({
    mutationFn: (values: typeof form.values) =>
      view
        ? patch<SavedView>(`/views/${view.id}`, values)
        : post<SavedView>('/views', { ...values, list, params }),
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ['views'] });
      close();
      done(saved);
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      title={view ? t('views.change') : t('views.save_as')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          {save.isError && <ProblemAlert error={save.error} />}
          <TextInput
            label={t('views.name')}
            required
            maxLength={80}
            data-autofocus
            autoComplete="off"
            {...form.getInputProps('name')}
          />
          {mayShare && (
            <Checkbox
              label={t('views.share')}
              description={t('views.share_text')}
              {...form.getInputProps('shared', { type: 'checkbox' })}
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
