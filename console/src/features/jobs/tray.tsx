// The job tray of the top bar: how many jobs are open, and how far they are.
import { ActionIcon, Menu, RingProgress, Text } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { openJobs } from '../../api/queries';
import { useCan } from '../../components/can';
import { JobBar } from './job_bar';
import { useJobName } from './jobs_page';
import { BATCHES, progress } from './states';

export function JobTray() {
  const { t } = useTranslation();
  const can = useCan();
  const name = useJobName();
  const sees = BATCHES.some((permission) => can(permission));
  const rows = useQuery({ ...openJobs, enabled: sees }).data?.data ?? [];
  if (!sees || rows.length === 0) return null;
  const far = rows.reduce((sum, job) => sum + progress(job.counts), 0) / rows.length;
  return (
    <Menu position="bottom-end" width={300}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('jobs.tray', { count: rows.length, percent: Math.floor(100 * far) })}
        >
          <RingProgress
            size={32}
            thickness={3}
            sections={[{ value: 100 * far, color: 'volt' }]}
            label={<IconListCheck size={15} style={{ display: 'block', margin: 'auto' }} aria-hidden />}
          />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {rows.map((job) => (
          <Menu.Item
            key={job.id}
            renderRoot={(props) => <Link to="/jobs/$id" params={{ id: job.id }} {...props} />}
          >
            <Text size="sm">{name(job)}</Text>
            <JobBar counts={job.counts} size="sm" />
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item renderRoot={(props) => <Link to="/jobs" {...props} />}>{t('jobs.see_all')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
