// What of a list's address a view keeps, and whether the list is as the view has it.
export type Params = Record<string, string>;

/** The filters that are set, without those that are none of the list's. */
export const kept = (search: Record<string, string | undefined>): Params =>
  Object.fromEntries(Object.entries(search).filter((entry): entry is [string, string] => Boolean(entry[1])));

export const same = (a: Params, b: Params) => {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
};
