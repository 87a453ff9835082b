// The pages that one goes to by the rail, the palette or two keys, in the order of the rail.
import {
  IconAdjustmentsExclamation,
  IconAlertTriangle,
  IconBell,
  IconBinaryTree2,
  IconBuilding,
  IconBuildingStore,
  IconChargingPile,
  IconFileSearch,
  IconFileZip,
  IconHistory,
  IconIdBadge2,
  IconKey,
  IconLayoutDashboard,
  IconLifebuoy,
  IconListCheck,
  IconPlugConnected,
  IconReceipt2,
  IconShieldCheck,
  IconTemplate,
  IconUser,
  IconUsers,
  IconUsersGroup,
  IconWebhook,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ComponentType } from 'react';
import { me } from '../../api/queries';
import type { HeldBack, Me } from '../../api/shapes';
import { heldBack, may } from '../../components/can';
import { NEEDS, type Need } from '../../needs';

export type Place = {
  to: keyof typeof NEEDS;
  word: string;
  icon: ComponentType<{ size?: number; stroke?: number }>;
  /** Where it stands in the rail; elsewhere it is reached by the top bar. */
  group?: 'operate' | 'manage' | 'organise';
  /** Pressed after `g`. */
  key?: string;
};

export const PLACES: Place[] = [
  { to: '/', word: 'nav.overview', icon: IconLayoutDashboard, group: 'operate', key: 'o' },
  { to: '/stations', word: 'nav.stations', icon: IconChargingPile, group: 'operate', key: 's' },
  { to: '/sessions', word: 'nav.sessions', icon: IconReceipt2, group: 'operate', key: 'e' },
  { to: '/alerts', word: 'nav.alerts', icon: IconAlertTriangle, group: 'operate', key: 'l' },
  { to: '/logs', word: 'nav.log', icon: IconFileSearch, group: 'operate', key: 'n' },
  { to: '/jobs', word: 'nav.jobs', icon: IconListCheck, group: 'manage', key: 'j' },
  { to: '/sites', word: 'nav.sites', icon: IconBuildingStore, group: 'manage', key: 'i' },
  { to: '/drivers', word: 'nav.drivers', icon: IconUsersGroup, group: 'manage', key: 'd' },
  { to: '/firmware', word: 'nav.firmware', icon: IconFileZip, group: 'manage', key: 'f' },
  { to: '/tokens', word: 'nav.tokens', icon: IconIdBadge2, group: 'manage', key: 't' },
  { to: '/templates', word: 'nav.templates', icon: IconTemplate, group: 'manage', key: 'p' },
  { to: '/drift', word: 'nav.drift', icon: IconAdjustmentsExclamation, group: 'manage', key: 'r' },
  { to: '/connect', word: 'nav.connect', icon: IconPlugConnected, group: 'manage', key: 'c' },
  { to: '/org/profile', word: 'nav.organisation', icon: IconBuilding, group: 'organise' },
  { to: '/org/sub-organisations', word: 'nav.sub_organisations', icon: IconBinaryTree2, group: 'organise' },
  { to: '/org/team', word: 'nav.team', icon: IconUsers, group: 'organise', key: 'm' },
  { to: '/org/keys', word: 'nav.keys', icon: IconKey, group: 'organise' },
  { to: '/org/webhooks', word: 'nav.webhooks', icon: IconWebhook, group: 'organise' },
  { to: '/org/audit', word: 'nav.audit', icon: IconHistory, group: 'organise', key: 'a' },
  { to: '/org/roles', word: 'nav.roles', icon: IconShieldCheck, group: 'organise' },
  { to: '/support', word: 'nav.support', icon: IconLifebuoy, group: 'organise' },
  { to: '/notifications', word: 'notes.title', icon: IconBell },
  { to: '/me', word: 'account.title', icon: IconUser },
];

export type Answer = { may: boolean; held?: HeldBack };

/** Whether any of these rights is there, or else what module alone keeps one of them back. */
export function answer(who: Me | undefined, need: Need, site?: string | null): Answer {
  const at = need.whole ? null : site;
  if (need.any.some((permission) => may(who, permission, at))) return { may: true };
  return { may: false, held: need.any.map((permission) => heldBack(who, permission, at)).find(Boolean) };
}

/** The places of the person signed in: those they may open, and those that a module holds back. */
export function usePlaces(): (Place & Answer)[] {
  const who = useQuery(me).data;
  return PLACES.map((place) => ({ ...place, ...answer(who, NEEDS[place.to]) })).filter(
    (place) => place.may || place.held,
  );
}
