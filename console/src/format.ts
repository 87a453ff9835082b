// Numbers, units and times in the reader's language. Unknown is an en dash, never zero.
export const UNKNOWN = '–';

let language = 'en';
export const setLanguage = (next: string) => {
  language = next;
};

const number = (value: number, digits: number) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);

const scaled = (value: number | null | undefined, unit: string, whole = 0): string => {
  if (value === null || value === undefined) return UNKNOWN;
  const size = Math.abs(value);
  if (size >= 1_000_000) return `${number(value / 1_000_000, 2)} M${unit}`;
  if (size >= 1_000) return `${number(value / 1_000, size >= 100_000 ? 0 : 1)} k${unit}`;
  return `${number(value, whole)} ${unit}`;
};

export const power = (watts: number | null | undefined) => scaled(watts, 'W');
export const energy = (wattHours: number | null | undefined) => {
  if (wattHours === null || wattHours === undefined) return UNKNOWN;
  if (Math.abs(wattHours) >= 1_000_000) return `${number(wattHours / 1_000_000, 2)} MWh`;
  return `${number(wattHours / 1_000, Math.abs(wattHours) >= 100_000 ? 1 : 2)} kWh`;
};
export const count = (value: number | null | undefined) =>
  value === null || value === undefined ? UNKNOWN : number(value, 0);
export const amps = (milliAmps: number | null | undefined) =>
  milliAmps === null || milliAmps === undefined ? UNKNOWN : `${number(milliAmps / 1000, 1)} A`;
export const volts = (milliVolts: number | null | undefined) =>
  milliVolts === null || milliVolts === undefined ? UNKNOWN : `${number(milliVolts / 1000, 0)} V`;
export const percent = (value: number | null | undefined) =>
  value === null || value === undefined ? UNKNOWN : `${number(value, 0)} %`;

/** The two largest parts: days and hours, hours and minutes, minutes, seconds. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return UNKNOWN;
  const all = Math.max(0, Math.round(seconds));
  const h = Math.floor(all / 3600);
  const m = Math.floor((all % 3600) / 60);
  if (h >= 48) return `${Math.floor(h / 24)} d ${h % 24} h`;
  if (h > 0) return `${h} h ${String(m).padStart(2, '0')} min`;
  if (m > 0) return `${m} min`;
  return `${all} s`;
}

const parsed = (value: string | null | undefined) => {
  if (!value) return null;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? null : at;
};

export const dateTime = (value: string | null | undefined) => {
  const at = parsed(value);
  return at
    ? new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(at)
    : UNKNOWN;
};
/** Day and time, the year only when it is not this one: for lists. */
export const shortTime = (value: string | null | undefined, now = new Date()) => {
  const at = parsed(value);
  if (!at) return UNKNOWN;
  return new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'short',
    year: at.getFullYear() === now.getFullYear() ? undefined : 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(at);
};
/** Time of day to the millisecond, for the log. */
export const clock = (value: string | null | undefined, milliseconds = false) => {
  const at = parsed(value);
  return at
    ? new Intl.DateTimeFormat(language, {
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        fractionalSecondDigits: milliseconds ? 3 : undefined,
        hour12: false,
      }).format(at)
    : UNKNOWN;
};

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];
export function ago(value: string | null | undefined, now: number): string {
  const at = parsed(value);
  if (!at) return UNKNOWN;
  const seconds = Math.round((at.getTime() - now) / 1000);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'narrow' });
  for (const [unit, size] of STEPS) {
    if (Math.abs(seconds) >= size || unit === 'second') {
      return relative.format(Math.trunc(seconds / size), unit);
    }
  }
  return UNKNOWN;
}

/** `ocpp2.0.1` as people write it. */
export const protocolName = (subprotocol: string | null | undefined) =>
  subprotocol ? subprotocol.replace(/^ocpp/i, 'OCPP ') : UNKNOWN;

/** The tokens of text that is JSON. */
export const jsonTokens = (text: string): string[] =>
  text.match(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\]:,]/gs) ?? [];

export type JsonPiece = { text: string; kind: 'space' | 'key' | 'string' | 'number' | 'word' | 'mark' };
/**
 * Lays JSON text out with indents without parsing its values, so that numbers beyond 2^53 stay as the
 * station wrote them. Text that is not JSON comes back as it is, in one piece.
 */
export function layOut(text: string): JsonPiece[] {
  try {
    JSON.parse(text);
  } catch {
    return [{ text, kind: 'string' }];
  }
  const pieces: JsonPiece[] = [];
  const tokens = jsonTokens(text);
  let depth = 0;
  const newLine = () => pieces.push({ text: `\n${'  '.repeat(depth)}`, kind: 'space' });
  tokens.forEach((token, i) => {
    const next = tokens[i + 1];
    if (token === '{' || token === '[') {
      pieces.push({ text: token, kind: 'mark' });
      depth += 1;
      if (next !== '}' && next !== ']') newLine();
    } else if (token === '}' || token === ']') {
      depth -= 1;
      if (tokens[i - 1] !== '{' && tokens[i - 1] !== '[') newLine();
      pieces.push({ text: token, kind: 'mark' });
    } else if (token === ',') {
      pieces.push({ text: token, kind: 'mark' });
      newLine();
    } else if (token === ':') {
      pieces.push({ text: ': ', kind: 'mark' });
    } else if (token.startsWith('"')) {
      pieces.push({ text: token, kind: next === ':' ? 'key' : 'string' });
    } else {
      pieces.push({ text: token, kind: /^[-\d]/.test(token) ? 'number' : 'word' });
    }
  });
  return pieces;
}
export const pretty = (text: string) =>
  layOut(text)
    .map((p) => p.text)
    .join('');
