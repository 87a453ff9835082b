// A ring and its words, where React draws.
import { useLayoutEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { count } from '../../format';
import { type Counts, draw, PARTS, TONE } from './ring';

export function Ring({ counts }: { counts: Counts }) {
  const box = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => box.current?.replaceChildren(draw(counts)), [counts]);
  return <span ref={box} className="ringbox" aria-hidden />;
}

/** "3 charging, 12 ready, 1 offline": those that there are. */
export function useRingWords() {
  const { t } = useTranslation();
  return (counts: Counts) =>
    PARTS.filter((part) => counts[part] > 0)
      .map((part) => t(`map.part.${part}`, { count: counts[part] }))
      .join(', ') || t('map.no_stations');
}

export function Legend({ counts }: { counts: Counts }) {
  const { t } = useTranslation();
  return (
    <ul className="ringlegend" aria-label={t('map.legend')}>
      {PARTS.map((part) => (
        <li key={part}>
          <i style={{ background: TONE[part] }} aria-hidden />
          {t(`map.word.${part}`)} <b className="num">{count(counts[part])}</b>
        </li>
      ))}
    </ul>
  );
}
