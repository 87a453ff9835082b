// The lanes of a firmware campaign: how many stations stand where, and which; read again while it goes on.
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { jobItems } from '../../api/queries';
import type { Job, JobItem } from '../../api/shapes';
import { rowsOf } from '../../components/data_table';
import { ProblemAlert } from '../../components/page_state';
import { Ago } from '../../components/values';
import { count } from '../../format';
import { countLanes, LANES, type Lane, laneOf, STATES } from './lanes';
import { open } from './states';

const TONE: Record<Lane, string> = {
  waiting: 'off',
  downloading: 'busy',
  installing: 'active',
  installed: 'ok',
  failed: 'bad',
  skipped: 'hold',
};
/** Stations of a lane that are shown by name; the list below has all of them. */
const MOST = 12;
const EVERY_MS = 3_000;

export function CampaignLanes({ job, choose }: { job: Job; choose: (state: JobItem['state']) => void }) {
  const { t } = useTranslation();
  const again = open(job) || job.counts.running > 0 ? EVERY_MS : (false as const);
  const read = (state: string) => ({ ...jobItems(job.id, { state }), refetchInterval: again });
  const running = useInfiniteQuery(read('running'));
  const { hasNextPage, isFetching, fetchNextPage } = running;
  // Which of them downloads and which installs is counted, so all are read: at most as many as go on at once.
  useEffect(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const waiting = useInfiniteQuery(read('waiting'));
  const succeeded = useInfiniteQuery(read('succeeded'));
  const failed = useInfiniteQuery(read('failed'));
  const skipped = useInfiniteQuery(read('skipped,cancelled'));
  const all = [running, waiting, succeeded, failed, skipped];
  const broken = all.find((query) => query.isError && !query.data);
  const under = rowsOf(running);
  const items = all.flatMap((query) => rowsOf(query));
  const counts = countLanes(job.counts, under);
  return (
    <section className="lanes" aria-label={t('lanes.title')}>
      {broken && <ProblemAlert error={broken.error} retry={() => void broken.refetch()} />}
      {LANES.map((lane) => {
        const own = items.filter((item) => laneOf(item) === lane);
        const more = counts[lane] - Math.min(own.length, MOST);
        return (
          <section key={lane} className="lane" data-lane={lane} data-tone={TONE[lane]}>
            <h2>
              {t(`lanes.${lane}`)} <span className="num">{count(counts[lane])}</span>
            </h2>
            <ul>
              {own.slice(0, MOST).map((item) => (
                <Row key={item.id} item={item} />
              ))}
            </ul>
            {more > 0 && (
              <button type="button" className="lanemore" onClick={() => choose(STATES[lane][0] ?? 'waiting')}>
                {t('lanes.more', { count: more })}
              </button>
            )}
          </section>
        );
      })}
    </section>
  );
}

function Row({ item }: { item: JobItem }) {
  const { t } = useTranslation();
  const finer = item.state === 'running' && item.phase ? t(`jobs.phase.${item.phase}`) : null;
  return (
    <li>
      <Link to="/stations/$id/firmware" params={{ id: item.station_id }} className="rowlink">
        {item.identity}
      </Link>
      <div className="sub">
        {item.reason?.text ??
          finer ??
          (item.settled_at ? (
            <Ago at={item.settled_at} />
          ) : item.online ? (
            t('lanes.wave', { n: item.wave })
          ) : (
            t('lanes.away')
          ))}
      </div>
    </li>
  );
}
