// How the stations of a place stand, as a ring: each station once. The words beside it say the same.
import type { SiteOnMap } from '../../api/shapes';

export const PARTS = ['charging', 'idle', 'faulted', 'offline'] as const;
export type Part = (typeof PARTS)[number];
export type Counts = Record<Part, number> & { stations: number };

export const TONE: Record<Part, string> = {
  charging: 'var(--active)',
  idle: 'var(--ok)',
  faulted: 'var(--bad)',
  offline: 'var(--ring-off)',
};

export const countsOf = (sites: SiteOnMap[]): Counts => {
  const sum: Counts = { stations: 0, charging: 0, idle: 0, faulted: 0, offline: 0 };
  for (const site of sites) {
    sum.stations += site.stations;
    for (const part of PARTS) sum[part] += site[part];
  }
  return sum;
};

/** The pieces of a ring, in hundredths of its way round, from the top on. */
export function arcs(counts: Counts): { part: Part; from: number; length: number }[] {
  let from = 0;
  const found = [];
  for (const part of PARTS) {
    if (counts[part] <= 0 || counts.stations <= 0) continue;
    const length = (100 * counts[part]) / counts.stations;
    found.push({ part, from, length });
    from += length;
  }
  return found;
}

/** Few and many stations look different, and a thousand still fits. */
export const sizeOf = (stations: number) =>
  Math.round(Math.min(64, 34 + 9 * Math.log10(Math.max(1, stations))));

const SVG = 'http://www.w3.org/2000/svg';
const shape = (name: string, attributes: Record<string, string | number>) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
};

/** The ring as a drawing, with how many stations there are in its middle. */
export function draw(counts: Counts): SVGElement {
  const size = sizeOf(counts.stations);
  const svg = shape('svg', { width: size, height: size, viewBox: '0 0 42 42', 'aria-hidden': 'true' });
  svg.append(shape('circle', { cx: 21, cy: 21, r: 20, class: 'ringback' }));
  const line = { cx: 21, cy: 21, r: 16, fill: 'none', 'stroke-width': 6, pathLength: 100 };
  if (counts.stations === 0) svg.append(shape('circle', { ...line, class: 'ringnone' }));
  const pieces = arcs(counts);
  for (const { part, from, length } of pieces) {
    // a hair between two pieces, so that they are told apart without colour
    const gap = pieces.length > 1 ? Math.min(1.6, length / 3) : 0;
    const piece = shape('circle', {
      ...line,
      'data-part': part,
      'stroke-dasharray': `${length - gap} ${100 - length + gap}`,
      'stroke-dashoffset': 25 - from,
    });
    piece.style.stroke = TONE[part];
    svg.append(piece);
  }
  const text = String(counts.stations);
  const number = shape('text', { x: 21, y: 21, class: 'ringnumber' });
  number.style.fontSize = `${text.length < 4 ? 11 : 30 / text.length}px`;
  number.textContent = text;
  svg.append(number);
  return svg;
}
