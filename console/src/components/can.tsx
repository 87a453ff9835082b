// What a role may not do is not rendered; what only a module holds back is rendered as an add-on. Rights can
// differ from site to site: inside <AtSite> the question is about that site, elsewhere about anywhere one may.
import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext } from 'react';
import { me } from '../api/queries';
import type { HeldBack, Me, Permission } from '../api/shapes';

/** The site things on this part of the page stand at: null for none, undefined for no such place. */
const Place = createContext<string | null | undefined>(undefined);

export function AtSite({ site, children }: { site: string | null | undefined; children: ReactNode }) {
  return <Place value={site ?? null}>{children}</Place>;
}

/** Whether somebody may: anywhere (undefined), in the organisation as a whole (null), or at a site. */
export function may(who: Me | undefined, permission: Permission, site?: string | null): boolean {
  if (!who) return false;
  const byRole =
    who.permissions.includes(permission) &&
    (site === undefined || !who.sites || (site !== null && who.sites.includes(site)));
  const bySite = (who.site_rights ?? []).some(
    (one) => (site === undefined || one.site_id === site) && one.permissions.includes(permission),
  );
  return byRole || bySite;
}

/** What holds a permission back that the roles give here, when only a module does. */
export function heldBack(who: Me | undefined, permission: Permission, site?: string | null) {
  if (!who || may(who, permission, site)) return undefined;
  const reaches = site === undefined || !who.sites || (site !== null && who.sites.includes(site));
  return reaches ? who.held_back.find((one) => one.permission === permission) : undefined;
}

/** Whether the person signed in holds the permission here; false until `GET /me` has answered. */
export function useCan() {
  const { data } = useQuery(me);
  const here = useContext(Place);
  return (permission: Permission, site: string | null | undefined = here) => may(data, permission, site);
}

/** The module that alone keeps the person signed in from doing it here; undefined when that is not so. */
export function useHeldBack() {
  const { data } = useQuery(me);
  const here = useContext(Place);
  return (permission: Permission, site: string | null | undefined = here): HeldBack | undefined =>
    heldBack(data, permission, site);
}

export function Can({ do: permission, children }: { do: Permission; children: ReactNode }) {
  return useCan()(permission) ? children : null;
}
