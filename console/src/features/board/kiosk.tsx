// The board on a wall: no frame around it, pages that take turns where not all bays fit, and nothing to press
// but to stop them and to leave.
import { ActionIcon } from '@mantine/core';
import { useElementSize, useInterval } from '@mantine/hooks';
import { IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Query } from '../../api/client';
import { Loading, ProblemAlert } from '../../components/page_state';
import { count } from '../../format';
import { fit } from './bay';
import { Nothing, Tile, useFleet } from './tile';

/** Read from across the room. */
const LARGE = { width: 300, height: 176, gap: 14 };
/** How long a page stays, in milliseconds. */
const PAGE_MS = 15_000;

const FIGURES = ['charging', 'available', 'faulted', 'offline'] as const;

export default function Kiosk({ filter }: { filter: Query }) {
  const { t } = useTranslation();
  const { query, bays } = useFleet(filter);
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const [turn, setTurn] = useState(0);
  const { columns, rows } = fit(width, height, LARGE);
  const one = columns * rows;
  const pages = Math.max(1, Math.ceil(bays.length / one));
  const turning = useInterval(() => setTurn((n) => n + 1), PAGE_MS, { autoInvoke: true });
  const page = turn % pages;
  const shown = bays.slice(page * one, (page + 1) * one);
  return (
    <main className="kiosk">
      <header className="kioskhead">
        <h1>{(filter.site_id && bays[0]?.station.site_name) || t('board.title')}</h1>
        <ul className="ringlegend">
          {FIGURES.map((status) => (
            <li key={status}>
              {t(`status.${status}`)}{' '}
              <b className="num">{count(bays.filter((bay) => bay.status === status).length)}</b>
            </li>
          ))}
        </ul>
        <div style={{ flex: 1 }} />
        {pages > 1 && (
          <>
            <span className="num quiet">{t('board.page', { page: page + 1, pages })}</span>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={turning.active ? t('board.stop') : t('board.go_on')}
              onClick={turning.toggle}
            >
              {turning.active ? <IconPlayerPause size={18} /> : <IconPlayerPlay size={18} />}
            </ActionIcon>
          </>
        )}
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('board.leave')}
          renderRoot={(props) => (
            <Link to="/stations" search={(old) => ({ ...old, show: 'board', kiosk: undefined })} {...props} />
          )}
        >
          <IconX size={18} />
        </ActionIcon>
      </header>
      <div ref={ref} className="kioskbody">
        {query.isPending && <Loading rows={6} />}
        {query.isError && <ProblemAlert error={query.error} retry={() => void query.refetch()} />}
        {query.isSuccess && bays.length === 0 && <Nothing />}
        <ul
          className="bays"
          style={{
            gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
            gridAutoRows: LARGE.height,
            gap: LARGE.gap,
          }}
        >
          {shown.map((bay) => (
            <Tile key={bay.id} bay={bay} large />
          ))}
        </ul>
      </div>
    </main>
  );
}
