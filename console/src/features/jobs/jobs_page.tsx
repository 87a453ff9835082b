// All jobs that one may see, the newest first.
import { SegmentedControl, Switch } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { jobs } from '../../api/queries';
import type { Job } from '../../api/shapes';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty, PageHead } from '../../components/page_state';
import { Ago } from '../../components/values';
import { JobBar } from './job_bar';
import { JobState } from './states';

const OPEN = 'running,paused,stopped';

/** What a job is called: by its maker, else by what it does. */
export function useJobName() {
  const { t } = useTranslation();
  return (job: Job) => {
    const spec = job.spec as { type?: string };
    if (job.title) return job.title;
    if (job.kind === 'command' && spec.type) return t(`commands.type.${spec.type}`);
    return t(`jobs.kind.${job.kind}`);
  };
}

export function JobsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [state, setState] = useState('');
  const [mine, setMine] = useState(false);
  const filter = { state, mine: mine || undefined };
  const query = useInfiniteQuery(jobs(filter));
  const name = useJobName();
  const columns = useMemo<Column<Job>[]>(
    () => [
      {
        id: 'title',
        head: t('jobs.job'),
        cell: (job) => (
          <>
            <Link to="/jobs/$id" params={{ id: job.id }} className="rowlink">
              {name(job)}
            </Link>
            <div className="sub">{t(`jobs.kind.${job.kind}`)}</div>
          </>
        ),
      },
      { id: 'state', head: t('jobs.state'), cell: (job) => <JobState state={job.state} /> },
      {
        id: 'progress',
        head: t('jobs.progress'),
        cell: (job) => (
          <div style={{ minWidth: 140 }}>
            <JobBar counts={job.counts} size="sm" />
          </div>
        ),
      },
      { id: 'stations', head: t('nav.stations'), right: true, cell: (job) => job.counts.stations },
      { id: 'failed', head: t('jobs.item.failed'), right: true, cell: (job) => job.counts.failed },
      { id: 'by', from: 'tablet', head: t('jobs.made_by'), cell: (job) => job.made_by.name },
      { id: 'at', from: 'tablet', head: t('jobs.made_at'), cell: (job) => <Ago at={job.created_at} /> },
    ],
    [t, name],
  );
  return (
    <>
      <PageHead title={t('jobs.title')} text={t('jobs.text')}>
        <Download path="/jobs" query={filter} name="jobs" need="stations.report" />
      </PageHead>
      <div className="filters">
        <SegmentedControl
          aria-label={t('jobs.state')}
          value={state}
          onChange={setState}
          data={[
            { value: '', label: t('jobs.all') },
            { value: OPEN, label: t('jobs.open') },
            { value: 'done,cancelled', label: t('jobs.over') },
          ]}
        />
        <Switch
          label={t('jobs.mine')}
          checked={mine}
          onChange={(event) => setMine(event.currentTarget.checked)}
        />
      </div>
      <PagedRead
        query={query}
        empty={<Empty icon={<IconListCheck size={22} />} title={t('jobs.none')} text={t('jobs.none_text')} />}
      >
        {(rows) => (
          <DataTable
            label={t('jobs.title')}
            columns={columns}
            rows={rows}
            onOpen={(job) => void navigate({ to: '/jobs/$id', params: { id: job.id } })}
          />
        )}
      </PagedRead>
    </>
  );
}
