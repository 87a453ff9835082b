// Locks every station of a site with one password, and tells what came of each.
import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import type { Site, SiteLock } from '../../api/shapes';
import { CopyLine } from '../../components/copy_line';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { LockFields, lockBody, useLockForm } from '../lock/lock_fields';

export default function SiteLockWindow({ site, close }: { site: Site; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useLockForm();
  const lock = useMutation({
    mutationFn: (values: typeof form.values) => post<SiteLock>(`/sites/${site.id}/lock`, lockBody(values)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['station'] });
      void client.invalidateQueries({ queryKey: ['notifications'] });
      void client.invalidateQueries({ queryKey: ['saved_passwords'] });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={t('lock.site', { name: site.name })}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      {lock.data ? (
        <Outcome of={lock.data} close={close} />
      ) : (
        <form onSubmit={form.onSubmit((values) => lock.mutate(values))}>
          <Stack>
            <Text size="sm">{t('lock.site_text')}</Text>
            {lock.isError && Object.keys(form.errors).length === 0 && <ProblemAlert error={lock.error} />}
            <LockFields form={form} known={[]} />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t('form.cancel')}
              </Button>
              <Button type="submit" loading={lock.isPending}>
                {t('lock.lock')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

function Outcome({ of, close }: { of: SiteLock; close: () => void }) {
  const { t } = useTranslation();
  const locked = of.stations.filter((one) => one.outcome === 'locked').length;
  return (
    <Stack>
      <Text>{t('lock.site_done', { count: locked, of: of.stations.length })}</Text>
      {locked > 0 && <CopyLine text={of.password} what={t('lock.password')} />}
      <div style={{ overflowX: 'auto', maxHeight: 360, overflowY: 'auto' }}>
        <Table aria-label={t('lock.outcomes')}>
          <Table.Tbody>
            {of.stations.map((one) => (
              <Table.Tr key={one.station_id}>
                <Table.Td>{one.identity}</Table.Td>
                <Table.Td>{t(`lock.outcome.${one.outcome}`)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Group justify="flex-end">
        <Button onClick={close}>{t('form.close')}</Button>
      </Group>
    </Stack>
  );
}
