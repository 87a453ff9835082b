// A chart for everybody: one sentence, the drawing in its own chunk, and the same numbers as a table.
import { Button, Skeleton } from '@mantine/core';
import { IconChartLine, IconTable } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import * as format from '../format';

export type Series = {
  name: string;
  /** Milliseconds since 1970, value. */
  points: [number, number | null][];
  unit: 'power' | 'energy' | 'current' | 'percent';
  dashed?: boolean;
  area?: boolean;
};

export const writeValue = (unit: Series['unit'], value: number | null) => {
  if (unit === 'power') return format.power(value);
  if (unit === 'energy') return format.energy(value);
  if (unit === 'current') return format.amps(value);
  return format.percent(value);
};

const Chart = lazy(() => import('./time_series_chart'));
/** More points than the drawing has columns help nobody. */
const MOST = 720;
export function thin<P>(points: P[], most = MOST): P[] {
  if (points.length <= most) return points;
  const step = points.length / most;
  const kept = Array.from({ length: most }, (_, i) => points[Math.floor(i * step)] as P);
  kept[most - 1] = points[points.length - 1] as P;
  return kept;
}

export function TimeSeries({
  title,
  summary,
  series,
  height = 240,
}: {
  title: string;
  summary: string;
  series: Series[];
  height?: number;
}) {
  const { t } = useTranslation();
  const [table, setTable] = useState(false);
  const drawn = series.map((one) => ({ ...one, points: thin(one.points) }));
  return (
    <figure className="series">
      <div className="cardhead" style={{ marginBottom: 8 }}>
        <figcaption>{summary}</figcaption>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={table ? <IconChartLine size={14} /> : <IconTable size={14} />}
          onClick={() => setTable(!table)}
        >
          {table ? t('chart.show_chart') : t('chart.show_table')}
        </Button>
      </div>
      {table ? (
        <Numbers series={drawn} label={title} height={height} />
      ) : (
        <Suspense fallback={<Skeleton height={height} radius="md" />}>
          <Chart title={title} series={drawn} height={height} />
        </Suspense>
      )}
    </figure>
  );
}

function Numbers({ series, label, height }: { series: Series[]; label: string; height: number }) {
  const { t } = useTranslation();
  const rows = new Map<number, (number | null)[]>();
  series.forEach((one, column) => {
    for (const [at, value] of one.points) {
      const row = rows.get(at) ?? series.map(() => null);
      row[column] = value;
      rows.set(at, row);
    }
  });
  const ordered = [...rows].sort((a, b) => b[0] - a[0]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the table scrolls
    <section tabIndex={0} aria-label={label} style={{ maxHeight: height, overflow: 'auto' }}>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">{t('chart.time')}</th>
            {series.map((one) => (
              <th scope="col" className="right" key={one.name}>
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ordered.map(([at, values]) => (
            <tr key={at}>
              <td className="num">{format.clock(new Date(at).toISOString())}</td>
              {series.map((one, i) => (
                <td className="num right" key={one.name}>
                  {writeValue(one.unit, values[i] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
