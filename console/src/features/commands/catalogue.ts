// What may be sent to a station, as data written by `cargo xtask codegen`: one file for each protocol, by the
// name under which the API tells it. Nothing here knows a protocol.
import { queryOptions } from '@tanstack/react-query';
import { BLANK, type Node, text } from './exact';

export type Kind = {
  kind: 'text' | 'date' | 'uri' | 'integer' | 'number' | 'boolean' | 'any' | 'word' | 'object' | 'list';
  /** Name of the shape of an object, or of the list of words. */
  of?: string;
  /** What a list holds. */
  item?: Kind;
  /** Fewest and most elements, or most characters. */
  least?: number;
  most?: number;
  from?: number;
  to?: number;
  step?: number;
};
/** The field `*` stands for any other. */
export type Field = Kind & { name: string; need?: true };
export type Catalogue = {
  /** Block or profile, shape of the request. */
  actions: Record<string, [string, string]>;
  shapes: Record<string, Field[]>;
  words: Record<string, string[]>;
};

const files = import.meta.glob<Catalogue>('../../generated/*.json', { import: 'default' });

export const catalogueOf = (protocol: string | null | undefined) =>
  queryOptions({
    queryKey: ['catalogue', protocol ?? null],
    queryFn: async () => (await files[`../../generated/${protocol}.json`]?.()) ?? null,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** A list that is there begins with an element, even where the schema would take none. */
export const begunOf = (catalogue: Catalogue, kind: Kind): Node =>
  blankOf(catalogue, kind.kind === 'list' ? { ...kind, least: Math.max(1, kind.least ?? 0) } : kind);

/** What a form begins with: everything that must be there, and nothing else. */
export function blankOf(catalogue: Catalogue, kind: Kind): Node {
  switch (kind.kind) {
    case 'object':
      return {
        kind: 'object',
        entries: (catalogue.shapes[kind.of ?? ''] ?? [])
          .filter((field) => field.need)
          .map((field) => [field.name, begunOf(catalogue, field)]),
      };
    case 'list': {
      const { item, least = 0 } = kind;
      return {
        kind: 'list',
        items: item ? Array.from({ length: least }, () => blankOf(catalogue, item)) : [],
      };
    }
    case 'word': {
      const [only, ...others] = catalogue.words[kind.of ?? ''] ?? [];
      return only !== undefined && others.length === 0 ? text(only) : BLANK;
    }
    default:
      return BLANK;
  }
}

export const requestOf = (catalogue: Catalogue, action: string): Kind | null => {
  const entry = Object.hasOwn(catalogue.actions, action) ? catalogue.actions[action] : undefined;
  return entry ? { kind: 'object', of: entry[1] } : null;
};

/** A key below a JSON pointer (RFC 6901). */
export const below = (pointer: string, key: string | number) =>
  `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
