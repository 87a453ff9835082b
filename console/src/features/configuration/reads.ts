// What the configuration pages read and write, and the names of what they get.
import { queryOptions } from '@tanstack/react-query';
import { call, get, type Query } from '../../api/client';
import { keys } from '../../api/queries';
import type { components } from '../../api/schema';
import type { Page } from '../../api/shapes';

type Schemas = components['schemas'];
export type Setting = Schemas['SettingView'];
export type Configuration = Schemas['ConfigurationView'];
export type Diff = Schemas['SettingsDiffView'];
export type Compared = Schemas['ComparedView'];
export type FleetDrift = Schemas['FleetDriftView'];
export type Template = Schemas['SettingTemplateView'];
export type TemplateValue = Schemas['TemplateValueBody'];
export type Affected = Schemas['AffectedView'];
export type Name = Schemas['SettingNameView'];
export type Area = Schemas['SettingArea'];

/** A large station tells a few thousand settings: bounded at 40 pages. */
const PAGES = 40;

async function whole<R>(path: string, query: Query, signal?: AbortSignal): Promise<R[]> {
  const all: R[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const answer: Page<R> = await get(path, { ...query, limit: 200, cursor }, signal);
    all.push(...answer.data);
    cursor = answer.next_cursor ?? null;
    if (!answer.has_more || !cursor) break;
  }
  return all;
}

export const settings = (id: string) =>
  queryOptions({
    queryKey: [...keys.station(id), 'settings'],
    queryFn: ({ signal }) => whole<Setting>(`/stations/${id}/settings`, {}, signal),
  });
export const configuration = (id: string) =>
  queryOptions({
    queryKey: [...keys.station(id), 'configuration'],
    queryFn: ({ signal }) => get<Configuration>(`/stations/${id}/configuration`, undefined, signal),
    // While it is read, or wishes are under way, the line tells how far it is.
    refetchInterval: (query) => (query.state.data?.reading_since ? 1_000 : 10_000),
  });
export const compared = (one: string, other: string, different: boolean) =>
  queryOptions({
    queryKey: [...keys.station(one), 'compare', other, different],
    queryFn: ({ signal }) =>
      whole<Compared>(`/stations/${one}/settings/compare`, { with: other, different }, signal),
    enabled: other !== '',
  });
export const templates = queryOptions({
  queryKey: ['setting_templates'],
  queryFn: ({ signal }) => whole<Template>('/setting_templates', {}, signal),
});
export const template = (id: string) =>
  queryOptions({
    queryKey: ['setting_templates', id],
    queryFn: ({ signal }) => get<Template>(`/setting_templates/${id}`, undefined, signal),
  });

/** A change to what was read under this tag. */
export const change = <T>(path: string, body: unknown, tag: string, query?: Query) =>
  call<T>('PATCH', path, { body, query, headers: { 'if-match': tag } });

/** The stations that a template would count for: pages can be empty and not the last. */
export async function affected(of: string | null, body: unknown): Promise<Affected[]> {
  const all: Affected[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const answer: Page<Affected> = await call('POST', '/setting_templates/preview', {
      body,
      query: { template_id: of, limit: 200, cursor },
    });
    all.push(...answer.data);
    cursor = answer.next_cursor ?? null;
    if (!answer.has_more || !cursor) break;
  }
  return all;
}

/** Names are compared without case, as stations do. */
export const keyOf = (n: Name) =>
  [n.component, n.component_instance, n.evse, n.connector, n.variable, n.variable_instance]
    .map((part) => part ?? '')
    .join('|')
    .toLowerCase();

export const shownName = (n: Name) =>
  [
    n.component && `${n.component}${n.component_instance ? `[${n.component_instance}]` : ''}`,
    `${n.variable}${n.variable_instance ? `[${n.variable_instance}]` : ''}`,
  ]
    .filter(Boolean)
    .join('.');
