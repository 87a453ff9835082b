// The template of a station, how much differs from it, and when the station was read.
import { Button, Group, Select, Switch, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { post, put, tag } from '../../api/client';
import { keys } from '../../api/queries';
import { useCan } from '../../components/can';
import { ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';
import { type Configuration, change, templates } from './reads';

export function TemplateLine({ id, data, online }: { id: string; data: Configuration; online: boolean }) {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const all = useQuery(templates);
  const again = () => void client.invalidateQueries({ queryKey: keys.station(id) });
  const read = useMutation({
    mutationFn: () => post<Configuration>(`/stations/${id}/settings/read`),
    onSuccess: (fresh) => client.setQueryData([...keys.station(id), 'configuration'], fresh),
  });
  const choose = useMutation({
    mutationFn: (template_id: string | null) => put(`/stations/${id}/setting_template`, { template_id }),
    onSuccess: again,
  });
  const restart = useMutation({
    mutationFn: async (reset_when_idle: boolean) =>
      change(`/stations/${id}/settings`, { reset_when_idle }, await tag(`/stations/${id}/configuration`)),
    onSuccess: again,
  });
  const may = can('stations.configure');
  const failed = read.error ?? choose.error ?? restart.error;
  return (
    <section className="card" aria-label={t('configuration.template')} style={{ marginBottom: 16 }}>
      <Group justify="space-between" align="flex-end" gap="md">
        <div>
          <Text fw={600}>
            {data.template_name
              ? t('configuration.of_template', { name: data.template_name, n: data.template_version ?? 0 })
              : t('configuration.no_template')}
          </Text>
          <Text size="sm" c="dimmed">
            {t('configuration.counts', {
              wishes: data.wishes,
              drift: data.drift,
              pending: data.pending_reboot,
            })}
            {' · '}
            {data.reading_since ? (
              <span role="status">{t('configuration.reading', { n: data.progress ?? 0 })}</span>
            ) : data.read_at ? (
              <>
                {t('configuration.last_read')} <Ago at={data.read_at} />
              </>
            ) : (
              t('configuration.never_read')
            )}
          </Text>
          {data.read_problem && !data.reading_since && (
            <Text size="sm" c="red">
              {t('configuration.read_failed')}
            </Text>
          )}
        </div>
        <Group gap="sm" align="flex-end">
          {may && (
            <>
              <Select
                label={t('configuration.template')}
                w={210}
                value={data.chosen_template_id ?? ''}
                data={[
                  { value: '', label: t('configuration.by_fit') },
                  ...(all.data ?? []).map((one) => ({ value: one.id, label: one.says.name })),
                ]}
                allowDeselect={false}
                disabled={choose.isPending}
                onChange={(value) => choose.mutate(value || null)}
              />
              <Switch
                label={t('configuration.may_restart')}
                checked={data.reset_when_idle}
                disabled={restart.isPending}
                onChange={(event) => restart.mutate(event.currentTarget.checked)}
              />
              <Button
                variant="default"
                leftSection={<IconRefresh size={15} />}
                loading={read.isPending || Boolean(data.reading_since)}
                disabled={!online}
                onClick={() => read.mutate()}
              >
                {t('variables.read_again')}
              </Button>
            </>
          )}
          <Button
            component={Link}
            variant="subtle"
            // The router's types do not reach through Mantine's polymorphic button.
            {...({ to: '/compare', search: { one: id } } as object)}
          >
            {t('configuration.compare')}
          </Button>
        </Group>
      </Group>
      {failed && <ProblemAlert error={failed} />}
    </section>
  );
}
