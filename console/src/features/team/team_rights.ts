// What the person signed in may do with whom in the team: the same rules as the server's, for what is shown.
import { useQuery } from '@tanstack/react-query';
import { me } from '../../api/queries';
import type { Invitation, Me, Permission, RoleKey, TeamMember } from '../../api/shapes';
import { may } from '../../components/can';

/** By which permission a role is given and taken; the others are given by Administrators only. */
const GIVEN_BY: Partial<Record<RoleKey, Permission>> = {
  driver_manager: 'team.invite.driver_manager',
  charging_manager: 'team.invite.charging_manager',
  technician: 'team.invite.technician',
  financial_support: 'team.invite.financial_support',
  viewer: 'team.invite.viewer',
};
const ROLES: RoleKey[] = [
  'administrator',
  'driver_manager',
  'charging_manager',
  'technician',
  'financial_support',
  'viewer',
  'paid_module_activator',
];

type Person = Pick<TeamMember, 'user_id' | 'roles' | 'roles_provided'>;

export function teamRights(who: Me | undefined) {
  const administers = Boolean(who?.roles.includes('administrator') && !who.sites);
  const give = (role: RoleKey) => {
    const by = GIVEN_BY[role];
    return by ? may(who, by, null) : administers;
  };
  const changeRoles = (member: Person) => !member.roles_provided && ROLES.some(give);
  const changeSites = (member: Person) => member.roles.every(give);
  const archive = (member: Person) =>
    may(who, 'team.archive_peers', null) &&
    (administers || member.roles.every((role) => who?.roles.includes(role)));
  // Whether there is a passkey is not told: an Administrator may always try.
  const resetFactor = (member: Person) => administers && member.user_id !== who?.user.id;
  return {
    give,
    invite: ROLES.some(give),
    changeRoles,
    changeSites,
    archive,
    resetFactor,
    open: (member: Person) =>
      changeRoles(member) || changeSites(member) || archive(member) || resetFactor(member),
    restore: (member: Person) =>
      may(who, 'team.restore', null) && (administers || member.roles.every((role) => GIVEN_BY[role])),
    /** To send again, change or take back; `above` when it is of an organisation below one's own. */
    invitation: (one: Invitation, above: boolean) => {
      if (one.purpose === 'organisation' || above) return may(who, 'reseller.invite', null);
      if (one.purpose === 'member') return one.roles.every(give);
      return one.site_id ? may(who, 'sites.access.manage', one.site_id) : false;
    },
  };
}

export const useTeamRights = () => teamRights(useQuery(me).data);
