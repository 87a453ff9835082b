// What pages about firmware and logs share.

/** The paid module of the library. */
export const LIBRARY = 'firmware_library';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** A number of bytes as people read it. */
export function size(bytes: number, language: string): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[unit],
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}

/** Whether more can come of a transfer. */
export const isOpen = (state: string) => state === 'asked' || state === 'running';
