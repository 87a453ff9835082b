// Going to the identity provider and coming back. What the page must know when it is opened again stays in this
// tab only.
import { post } from '../api/client';
import type { Departure } from '../api/shapes';

const KEPT = 'busbar_departure';

export type Gone = { ceremony: string; next: string; again: boolean };

/** Leaves the page: to sign in, or to show again who one is. */
export async function depart(next: string, again: boolean) {
  const { ceremony, url } = await post<Departure>(again ? '/me/provider/begin' : '/login/provider/begin');
  const gone: Gone = { ceremony, next, again };
  sessionStorage.setItem(KEPT, JSON.stringify(gone));
  window.location.assign(url);
}

/** With what this tab left; once. */
export function departed(): Gone | null {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  return kept ? (JSON.parse(kept) as Gone) : null;
}
