// One job: how far it is, how each station stands and why, and what one can do about it.
import { Button, Group, Select, Text } from '@mantine/core';
import { IconBan, IconPlayerPause, IconPlayerPlay, IconRefresh } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { jobItems, job as jobOf, keys } from '../../api/queries';
import type { Job, JobItem } from '../../api/shapes';
import { ask } from '../../components/confirm';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty, PageHead, ProblemAlert, Read } from '../../components/page_state';
import { Ago } from '../../components/values';
import { UNKNOWN } from '../../format';
import { CampaignLanes } from './campaign_lanes';
import { JobBar } from './job_bar';
import { useJobName } from './jobs_page';
import { ITEM_STATES, ItemState, JobState, open, progress } from './states';

type Act = 'pause' | 'resume' | 'cancel' | 'retry';

export function JobPage() {
  const { id } = useParams({ from: '/shell/jobs/$id' });
  const query = useQuery(jobOf(id));
  return <Read query={query}>{(job) => <Shown job={job} />}</Read>;
}

function Shown({ job }: { job: Job }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const name = useJobName();
  const [state, setState] = useState('');
  const items = useInfiniteQuery({
    ...jobItems(job.id, { state }),
    refetchInterval: open(job) ? 5_000 : false,
  });
  const act = useMutation({
    mutationFn: (deed: Act) => post<Job>(`/jobs/${job.id}/${deed}`, deed === 'retry' ? {} : undefined),
    onSuccess: (now) => {
      client.setQueryData(keys.job(job.id), now);
      void client.invalidateQueries({ queryKey: keys.jobs });
      void client.invalidateQueries({ queryKey: [...keys.job(job.id), 'items'] });
    },
  });
  const cancel = () =>
    ask({
      title: t('jobs.cancel'),
      text: t('jobs.cancel_text', { count: job.counts.waiting }),
      yes: t('jobs.cancel'),
      red: true,
      onYes: () => act.mutate('cancel'),
    });
  const counts = job.counts;
  return (
    <>
      <PageHead title={name(job)} text={t('jobs.made', { name: job.made_by.name })}>
        {job.state === 'running' && (
          <Button
            variant="default"
            leftSection={<IconPlayerPause size={16} />}
            onClick={() => act.mutate('pause')}
          >
            {t('jobs.pause')}
          </Button>
        )}
        {(job.state === 'paused' || job.state === 'stopped') && (
          <Button leftSection={<IconPlayerPlay size={16} />} onClick={() => act.mutate('resume')}>
            {t('jobs.resume')}
          </Button>
        )}
        {counts.failed > 0 && job.state !== 'cancelled' && (
          <Button
            variant="default"
            leftSection={<IconRefresh size={16} />}
            onClick={() => act.mutate('retry')}
          >
            {t('jobs.retry')}
          </Button>
        )}
        {open(job) && (
          <Button color="red" variant="light" leftSection={<IconBan size={16} />} onClick={cancel}>
            {t('jobs.cancel')}
          </Button>
        )}
      </PageHead>
      {act.isError && <ProblemAlert error={act.error} />}
      <section className="card" aria-label={t('jobs.progress')}>
        <Group justify="space-between" mb={8}>
          <JobState state={job.state} />
          <Text size="sm" className="num">
            {Math.floor(100 * progress(counts))} %
          </Text>
        </Group>
        <JobBar counts={counts} />
        <Text size="sm" mt={10}>
          {[
            t('jobs.counts.succeeded', { count: counts.succeeded }),
            t('jobs.counts.failed', { count: counts.failed }),
            t('jobs.counts.skipped', { count: counts.skipped }),
            t('jobs.counts.running', { count: counts.running }),
            t('jobs.counts.waiting', { count: counts.waiting }),
            t('jobs.counts.held_up', { count: counts.held_up }),
          ].join(' · ')}
        </Text>
        <Text size="sm" c="dimmed" mt={4}>
          {job.state === 'stopped' && `${t('jobs.stopped_text')} `}
          {open(job) ? t('jobs.until', { time: new Date(job.pace.deadline).toLocaleString() }) : ''}
          {job.ended_at && (
            <>
              {t('jobs.ended')} <Ago at={job.ended_at} />
            </>
          )}
        </Text>
      </section>
      {job.waves.length > 1 && <Waves job={job} />}
      {job.kind === 'firmware' && <CampaignLanes job={job} choose={setState} />}
      <div className="filters" style={{ marginTop: 18 }}>
        <Select
          aria-label={t('jobs.state')}
          value={state}
          allowDeselect={false}
          onChange={(value) => setState(value ?? '')}
          data={[
            { value: '', label: t('jobs.all_stations') },
            ...ITEM_STATES.map((one) => ({ value: one, label: t(`jobs.item.${one}`) })),
          ]}
        />
        <div style={{ flex: 1 }} />
        <Download
          path={`/jobs/${job.id}/items`}
          query={{ state }}
          name="job-stations"
          need="stations.report"
        />
      </div>
      <PagedRead query={items} empty={<Empty title={t('stations.none_match')} />}>
        {(rows) => <Items rows={rows} />}
      </PagedRead>
    </>
  );
}

function Waves({ job }: { job: Job }) {
  const { t } = useTranslation();
  return (
    <section className="card" style={{ marginTop: 14 }} aria-label={t('jobs.waves')}>
      {job.waves.map((wave, index) => (
        // waves have their place and nothing else
        <Group key={index} gap="md" wrap="nowrap" py={4}>
          <Text size="sm" w={150}>
            {t('jobs.wave', { n: index + 1, count: wave.stations })}
          </Text>
          <div style={{ flex: 1 }}>
            <JobBar counts={wave} size="md" />
          </div>
        </Group>
      ))}
    </section>
  );
}

function Items({ rows }: { rows: JobItem[] }) {
  const { t } = useTranslation();
  const columns = useMemo<Column<JobItem>[]>(
    () => [
      {
        id: 'station',
        head: t('stations.station'),
        cell: (item) => (
          <Link to="/stations/$id/live" params={{ id: item.station_id }} className="rowlink">
            {item.identity}
          </Link>
        ),
      },
      { id: 'wave', from: 'tablet', head: t('jobs.wave_head'), right: true, cell: (item) => item.wave },
      { id: 'state', head: t('jobs.state'), cell: (item) => <ItemState item={item} /> },
      {
        id: 'reason',
        head: t('jobs.reason'),
        cell: (item) =>
          item.reason?.text ??
          (item.state === 'waiting' && !item.online ? (
            t('jobs.waits_offline')
          ) : (
            <span className="quiet">{UNKNOWN}</span>
          )),
      },
      { id: 'tries', from: 'desktop', head: t('jobs.tries'), right: true, cell: (item) => item.tries },
      { id: 'at', from: 'tablet', head: t('jobs.settled'), cell: (item) => <Ago at={item.settled_at} /> },
    ],
    [t],
  );
  return <DataTable label={t('jobs.stations')} columns={columns} rows={rows} />;
}
