// What one's own organisation tells of itself, and what it may use.
import { Button, Group, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { patch } from '../../api/client';
import { me, modules, organisation } from '../../api/queries';
import type { Organisation } from '../../api/shapes';
import { useCan } from '../../components/can';
import { formErrors } from '../../components/form_errors';
import { PageHead, ProblemAlert, Read } from '../../components/page_state';
import { History } from '../audit/history';
import { ModuleTable } from './module_table';

export function OrganisationPage() {
  const { t } = useTranslation();
  const { data } = useQuery(me);
  const id = data?.organisation.id ?? '';
  const query = useQuery({ ...organisation(id), enabled: id !== '' });
  const has = useQuery({ ...modules(id), enabled: id !== '' });
  return (
    <>
      <PageHead title={t('nav.organisation')} text={t('organisation.text')} />
      <Stack gap="xl">
        <Read query={query} rows={5}>
          {(own) => <Profile key={own.id} own={own} />}
        </Read>
        <div className="card">
          <div className="cardhead">
            <h2 style={{ margin: 0 }}>{t('organisation.modules')}</h2>
          </div>
          <p className="quiet">{t('organisation.modules_own')}</p>
          <Read query={has} rows={8}>
            {(own) => <ModuleTable modules={own.modules} />}
          </Read>
        </div>
        {id && <History object={id} />}
      </Stack>
    </>
  );
}

const FIELDS = ['name', 'country', 'time_zone', 'contact_email', 'contact_phone', 'website'] as const;

function Profile({ own }: { own: Organisation }) {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const mayEdit = can('organisation.edit', null);
  const form = useForm({
    initialValues: Object.fromEntries(FIELDS.map((field) => [field, own[field] ?? ''])) as Record<
      (typeof FIELDS)[number],
      string
    >,
  });
  const save = useMutation({
    mutationFn: (values: typeof form.values) =>
      patch<Organisation>(`/organisations/${own.id}`, {
        ...Object.fromEntries(FIELDS.map((field) => [field, values[field].trim() || null])),
        name: values.name,
      }),
    onSuccess: () => {
      form.resetDirty();
      void client.invalidateQueries({ queryKey: ['organisation'] });
      void client.invalidateQueries({ queryKey: ['me'] });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <section className="card" aria-label={t('organisation.profile')}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack>
          <div className="cardhead">
            <h2 style={{ margin: 0 }}>{t('organisation.profile')}</h2>
          </div>
          {save.isError && <ProblemAlert error={save.error} />}
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {FIELDS.map((field) => (
              <TextInput
                key={field}
                label={t(`organisation.${field}`)}
                readOnly={!mayEdit}
                required={field === 'name'}
                {...form.getInputProps(field)}
              />
            ))}
          </SimpleGrid>
          {mayEdit && (
            <Group justify="flex-end">
              <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
                {t('form.save')}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </section>
  );
}
