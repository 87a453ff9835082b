// JSON as a tree that keeps numbers as they were written: 9223372036854775807 and 1.10 stay themselves.
import { jsonTokens } from '../../format';

export type Node =
  | { kind: 'object'; entries: [string, Node][] }
  | { kind: 'list'; items: Node[] }
  | { kind: 'text' | 'number' | 'word'; text: string }
  /** A field of a form that nothing was entered into: left out of an object. */
  | { kind: 'blank' };

export const BLANK: Node = { kind: 'blank' };
export const text = (value: string): Node => ({ kind: 'text', text: value });
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A number when it is written like one; anything else goes as text, and the server says so. */
export const number = (value: string): Node =>
  value === '' ? BLANK : NUMBER.test(value) ? { kind: 'number', text: value } : text(value);

/** Reads JSON text; throws the `SyntaxError` of `JSON.parse`. */
export function read(source: string): Node {
  JSON.parse(source);
  const tokens = jsonTokens(source);
  let at = 0;
  const value = (): Node => {
    const token = tokens[at++] ?? 'null';
    if (token === '{') {
      const entries: [string, Node][] = [];
      while (tokens[at] !== '}') {
        const key = JSON.parse(tokens[at] ?? '""') as string;
        at += 2;
        entries.push([key, value()]);
        if (tokens[at] === ',') at += 1;
      }
      at += 1;
      return { kind: 'object', entries };
    }
    if (token === '[') {
      const items: Node[] = [];
      while (tokens[at] !== ']') {
        items.push(value());
        if (tokens[at] === ',') at += 1;
      }
      at += 1;
      return { kind: 'list', items };
    }
    if (token.startsWith('"')) return text(JSON.parse(token) as string);
    return { kind: /^[-\d]/.test(token) ? 'number' : 'word', text: token };
  };
  return value();
}

/** Writes it with indents. A blank element of a list is null, so that the others keep their places. */
export function write(node: Node, depth = 0): string {
  const line = (level: number) => `\n${'  '.repeat(level)}`;
  switch (node.kind) {
    case 'object': {
      const kept = node.entries.filter(([, value]) => value.kind !== 'blank');
      if (kept.length === 0) return '{}';
      const lines = kept.map(
        ([key, value]) => `${line(depth + 1)}${JSON.stringify(key)}: ${write(value, depth + 1)}`,
      );
      return `{${lines.join(',')}${line(depth)}}`;
    }
    case 'list': {
      if (node.items.length === 0) return '[]';
      const lines = node.items.map((item) => `${line(depth + 1)}${write(item, depth + 1)}`);
      return `[${lines.join(',')}${line(depth)}]`;
    }
    case 'text':
      return JSON.stringify(node.text);
    case 'blank':
      return 'null';
    default:
      return node.text;
  }
}

/** The value under a key of an object. */
export const under = (node: Node, key: string): Node | undefined =>
  node.kind === 'object' ? node.entries.find(([name]) => name === key)?.[1] : undefined;

/** The object with one key set, or taken out. */
export function put(node: Node, key: string, next: Node | undefined): Node {
  const entries = node.kind === 'object' ? node.entries : [];
  if (!next) return { kind: 'object', entries: entries.filter(([name]) => name !== key) };
  const there = entries.some(([name]) => name === key);
  return {
    kind: 'object',
    entries: there
      ? entries.map(([name, value]) => [name, name === key ? next : value])
      : [...entries, [key, next]],
  };
}
