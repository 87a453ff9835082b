// What a role may not do is not rendered.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { me } from '../api/queries';
import type { Permission } from '../api/shapes';

/** Whether the person signed in holds the permission; false until `GET /me` has answered. */
export function useCan() {
  const { data } = useQuery(me);
  return (permission: Permission) => data?.permissions.includes(permission) ?? false;
}

export function Can({ do: permission, children }: { do: Permission; children: ReactNode }) {
  return useCan()(permission) ? children : null;
}
