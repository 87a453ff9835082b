// Values with their units: power, energy, times that age.
import { Tooltip } from '@mantine/core';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import * as format from '../format';

let now = Date.now();
const tellers = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;
/** One clock for the page, a tick every five seconds. */
export const useNow = () =>
  useSyncExternalStore(
    (tell) => {
      tellers.add(tell);
      ticking ??= setInterval(() => {
        now = Date.now();
        for (const each of tellers) each();
      }, 5_000);
      return () => {
        tellers.delete(tell);
        if (tellers.size === 0) {
          clearInterval(ticking);
          ticking = undefined;
        }
      };
    },
    () => now,
  );

export function Ago({ at, stale }: { at: string | null | undefined; stale?: number }) {
  const tick = Math.max(useNow(), 0);
  if (!at) return <span className="quiet">{format.UNKNOWN}</span>;
  const old = stale !== undefined && tick - Date.parse(at) > stale * 1000;
  return (
    <Tooltip label={format.dateTime(at)}>
      <time dateTime={at} className={old ? 'num quiet' : 'num'}>
        {format.ago(at, Math.max(tick, Date.parse(at)))}
      </time>
    </Tooltip>
  );
}

function useFlash(value: unknown) {
  const last = useRef(value);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (last.current !== value) {
      last.current = value;
      setTurn((n) => n + 1);
    }
  }, [value]);
  return turn;
}

/** Power; flashes once when it changes. */
export function Power({ watts, flash = false }: { watts: number | null | undefined; flash?: boolean }) {
  const turn = useFlash(watts);
  return (
    <span key={turn} className={flash && turn > 0 ? 'num flash' : 'num'}>
      {format.power(watts)}
    </span>
  );
}

export const Energy = ({ wattHours }: { wattHours: number | null | undefined }) => (
  <span className="num">{format.energy(wattHours)}</span>
);

/** How long something has lasted: a fixed number, or counting since a start. */
export function Lasting({ seconds, since }: { seconds?: number | null; since?: string | null }) {
  const tick = useNow();
  const value = since ? Math.max(0, (tick - Date.parse(since)) / 1000) : seconds;
  return <span className="num">{format.duration(value)}</span>;
}
