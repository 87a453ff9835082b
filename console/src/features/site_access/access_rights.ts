// Nobody hands out at a site what they do not have there themselves: the server's rule, for what is offered.
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { me, roles } from '../../api/queries';
import type { Permission, SiteLevel } from '../../api/shapes';
import { may } from '../../components/can';

export const LEVELS: SiteLevel[] = ['user', 'technician', 'admin'];

/** Whether the person signed in may give, change and take away such access at the site. */
export function useAccessRights(site: string) {
  const who = useQuery(me).data;
  const matrix = useQuery(roles).data;
  return useCallback(
    (level: SiteLevel, grants: readonly Permission[] = []): boolean => {
      if (!may(who, 'sites.access.manage', site)) return false;
      const own = matrix?.levels.find((one) => one.key === level)?.permissions ?? [];
      // A module that the organisation does not have is in nobody's way.
      const off = new Set(matrix?.permissions.filter((one) => !one.active).map((one) => one.key));
      return [...own, ...grants].every((one) => off.has(one) || may(who, one, site));
    },
    [who, matrix, site],
  );
}
