// The sites that the person signed in sees; none for whoever sees none, without asking for what is refused.
import { useQuery } from '@tanstack/react-query';
import { sites } from '../api/queries';
import type { Site } from '../api/shapes';
import { useCan } from './can';

const NONE: Site[] = [];

export function useSites(): Site[] {
  const can = useCan();
  return useQuery({ ...sites, enabled: can('stations.list', undefined) }).data?.data ?? NONE;
}
