// Every read of the console, as query options; keys begin with the noun.
import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query';
import { get, Problem, type Query, tag } from './client';
import type * as T from './shapes';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        count < 2 && (!(error instanceof Problem) || error.status === 0 || error.status >= 502),
    },
  },
});

export const keys = {
  me: ['me'] as const,
  overview: ['overview'] as const,
  stations: ['stations'] as const,
  station: (id: string) => ['station', id] as const,
  sessions: ['sessions'] as const,
  session: (id: string) => ['session', id] as const,
  jobs: ['jobs'] as const,
  job: (id: string) => ['job', id] as const,
  unclaimed: ['unclaimed'] as const,
  attempts: ['attempts'] as const,
};

const list = <R>(key: readonly unknown[], path: string, query: Query, limit = 50) =>
  infiniteQueryOptions({
    queryKey: [...key, 'list', path, query, limit],
    queryFn: ({ pageParam, signal }) =>
      get<T.Page<R>>(path, { ...query, limit, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : undefined),
  });

export const me = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }) => get<T.Me>('/me', undefined, signal),
  staleTime: 60_000,
});
export const factors = queryOptions({
  queryKey: [...keys.me, 'factors'],
  queryFn: ({ signal }) => get<T.Factors>('/me/factors', undefined, signal),
});
export const logins = queryOptions({
  queryKey: [...keys.me, 'logins'],
  queryFn: ({ signal }) => get<T.Page<T.Login>>('/me/logins', { limit: 200 }, signal),
});
export const passkeys = queryOptions({
  queryKey: [...keys.me, 'passkeys'],
  queryFn: ({ signal }) => get<T.Page<T.Passkey>>('/me/passkeys', { limit: 200 }, signal),
});
export const setupNeeded = queryOptions({
  queryKey: ['setup'],
  queryFn: () => get<T.Setup>('/setup'),
});
export const support = queryOptions({
  queryKey: ['support'],
  queryFn: ({ signal }) => get<T.Support>('/support', undefined, signal),
});
export const overview = queryOptions({
  queryKey: keys.overview,
  queryFn: ({ signal }) => get<T.Overview>('/overview', undefined, signal),
});
export const roles = queryOptions({
  queryKey: ['roles'],
  queryFn: () => get<T.Roles>('/roles'),
  staleTime: 300_000,
});

export const stations = (query: Query) => list<T.Station>(keys.stations, '/stations', query);
/** The same list in longer pages, for what shows all of it. */
export const fleet = (query: Query) => list<T.Station>(keys.stations, '/stations', query, 200);
export const station = (id: string) =>
  queryOptions({
    queryKey: keys.station(id),
    queryFn: ({ signal }) => get<T.Station>(`/stations/${id}`, undefined, signal),
  });
export const stationMeter = (id: string) =>
  queryOptions({
    queryKey: [...keys.station(id), 'meter'],
    queryFn: ({ signal }) => get<T.StationMeter>(`/stations/${id}/meter`, { minutes: 60 }, signal),
    refetchInterval: 60_000,
  });
/** A list below a station that is short enough for one page. */
const below = <R>(id: string, part: string) =>
  queryOptions({
    queryKey: [...keys.station(id), part],
    queryFn: ({ signal }) => get<T.Page<R>>(`/stations/${id}/${part}`, { limit: 200 }, signal),
  });
export const variables = (id: string) =>
  queryOptions({
    queryKey: [...keys.station(id), 'variables'],
    queryFn: async ({ signal }) => {
      const all: T.Variable[] = [];
      let cursor: string | null = null;
      // A large station reports a few thousand variables: bounded at 40 pages.
      for (let page = 0; page < 40; page += 1) {
        const answer: T.Page<T.Variable> = await get(
          `/stations/${id}/variables`,
          { limit: 200, cursor },
          signal,
        );
        all.push(...answer.data);
        cursor = answer.next_cursor;
        if (!answer.has_more || !cursor) break;
      }
      return all;
    },
  });
export const stationLock = (id: string) =>
  queryOptions({
    queryKey: [...keys.station(id), 'lock'],
    queryFn: ({ signal }) => get<T.StationLock>(`/stations/${id}/lock`, undefined, signal),
  });
export const savedPasswords = (q: string) =>
  list<T.SavedPassword>(['saved_passwords'], '/saved_passwords', { q });
export const notificationList = (open: boolean) =>
  list<T.Notification>(['notifications'], '/notifications', { open });
/** Those not seen yet, for the bell; asked every minute beside the page's own reads. */
export const unseen = queryOptions({
  queryKey: ['notifications', 'bell'],
  queryFn: ({ signal }) => get<T.Page<T.Notification>>('/notifications', { open: true, limit: 20 }, signal),
  refetchInterval: 60_000,
});
export const deviations = (id: string) => below<T.Deviation>(id, 'deviations');
export const notices = (id: string) => below<T.Notice>(id, 'notices');
export const commands = (id: string) => below<T.Command>(id, 'commands');
export const firmwareFiles = list<T.FirmwareFile>(['firmware_files'], '/firmware_files', {});
export const stationFirmware = (id: string) =>
  queryOptions({
    queryKey: [...keys.station(id), 'firmware'],
    queryFn: ({ signal }) => get<T.StationFirmware>(`/stations/${id}/firmware`, undefined, signal),
  });
export const firmwareUpdates = (id: string) =>
  list<T.Transfer>([...keys.station(id), 'firmware'], `/stations/${id}/firmware/updates`, {});
export const diagnostics = (id: string) =>
  list<T.Transfer>([...keys.station(id), 'diagnostics'], `/stations/${id}/diagnostics`, {});
export const stationAttempts = (id: string) => below<T.Attempt>(id, 'attempts');
/** Of one station, or of all within reach. */
export const logs = (station: string | undefined, query: Query) =>
  station === undefined
    ? list<T.LogEntry>(['logs'], '/logs', query, 200)
    : list<T.LogEntry>([...keys.station(station), 'logs'], `/stations/${station}/logs`, query, 200);

export const jobs = (query: Query) => list<T.Job>(keys.jobs, '/jobs', query);
/** Those under way, for the tray. */
export const openJobs = queryOptions({
  queryKey: [...keys.jobs, 'open'],
  queryFn: ({ signal }) =>
    get<T.Page<T.Job>>('/jobs', { state: 'running,paused,stopped', mine: true, limit: 10 }, signal),
  refetchInterval: (query) => (query.state.data?.data.length ? 5_000 : 60_000),
});
const isOpen = (job: T.Job | undefined) => job && !job.ended_at;
/** Members of some sites hear nothing of jobs by the live stream: an open one is read again by itself. */
export const job = (id: string) =>
  queryOptions({
    queryKey: keys.job(id),
    queryFn: ({ signal }) => get<T.Job>(`/jobs/${id}`, undefined, signal),
    refetchInterval: (query) => (isOpen(query.state.data) ? 5_000 : false),
  });
export const jobItems = (id: string, query: Query) =>
  list<T.JobItem>([...keys.job(id), 'items'], `/jobs/${id}/items`, query, 200);

export const sessions = (query: Query) => list<T.Session>(keys.sessions, '/sessions', query);
export const session = (id: string) =>
  queryOptions({
    queryKey: keys.session(id),
    queryFn: ({ signal }) => get<T.Session>(`/sessions/${id}`, undefined, signal),
  });
export const sessionMeter = (id: string) =>
  queryOptions({
    queryKey: [...keys.session(id), 'meter'],
    queryFn: ({ signal }) => get<T.SessionMeter>(`/sessions/${id}/meter`, undefined, signal),
  });

export const sites = queryOptions({
  queryKey: ['sites'],
  queryFn: ({ signal }) => get<T.Page<T.Site>>('/sites', { limit: 200 }, signal),
});
export const siteMap = queryOptions({
  queryKey: ['sites', 'map'],
  queryFn: ({ signal }) => get<T.SiteMap>('/sites/map', undefined, signal),
});
export const views = (of: T.SavedView['list']) =>
  queryOptions({
    queryKey: ['views', of],
    queryFn: ({ signal }) => get<T.Page<T.SavedView>>('/views', { list: of, limit: 200 }, signal),
  });
export const tokens = (query: Query) => list<T.Token>(['tokens'], '/tokens', query);
export const drivers = (query: Query) => list<T.Driver>(['drivers'], '/drivers', query);
export const driver = (id: string) =>
  queryOptions({
    queryKey: ['driver', id],
    queryFn: ({ signal }) => get<T.Driver>(`/drivers/${id}`, undefined, signal),
  });
export const driverTag = (id: string) =>
  queryOptions({
    queryKey: ['driver', id, 'tag'],
    queryFn: () => tag(`/drivers/${id}`),
    staleTime: 0,
    gcTime: 0,
  });
export const driverTokens = (id: string) =>
  queryOptions({
    queryKey: ['driver', id, 'tokens'],
    queryFn: ({ signal }) => get<T.Page<T.Token>>(`/drivers/${id}/tokens`, { limit: 200 }, signal),
  });
export const driverSessions = (id: string) =>
  list<T.Session>(['driver', id, 'sessions'], `/drivers/${id}/sessions`, {});
export const audit = (query: Query) => ({
  ...list<T.Deed>(['audit'], '/audit', query),
  staleTime: 0,
  // A deed is listed a moment after it was done. Whoever reads further back is left in peace.
  refetchInterval: ({ state }: { state: { data?: { pages: unknown[] } } }) =>
    (state.data?.pages.length ?? 0) > 1 ? (false as const) : 5_000,
});
export const connect = queryOptions({
  queryKey: ['connect'],
  queryFn: () => get<T.Connect>('/connect'),
  staleTime: 600_000,
});
export const attempts = queryOptions({
  queryKey: keys.attempts,
  queryFn: ({ signal }) => get<T.Page<T.Attempt>>('/connection_attempts', { limit: 50 }, signal),
});
/** Whoever follows a charger stands before it; no event tells of what nobody's charger says. */
const FOLLOWED_MS = 2_000;
/** Whose calls and frames are followed. */
type Traced = { identity: string } | { remote_ip: string };
export const tracedAttempts = (whose: Traced) =>
  queryOptions({
    queryKey: [...keys.attempts, whose],
    queryFn: ({ signal }) => get<T.Page<T.Attempt>>('/connection_attempts', { ...whose, limit: 100 }, signal),
    refetchInterval: FOLLOWED_MS,
  });
export const strangerFrames = (whose: Traced) =>
  queryOptions({
    queryKey: [...keys.attempts, 'frames', whose],
    queryFn: ({ signal }) =>
      get<T.Page<T.StrangerFrame>>('/connection_attempts/frames', { ...whose, limit: 200 }, signal),
    refetchInterval: FOLLOWED_MS,
  });
export const unclaimed = queryOptions({
  queryKey: keys.unclaimed,
  queryFn: ({ signal }) => get<T.Page<T.Unclaimed>>('/connection_attempts/unclaimed', { limit: 200 }, signal),
});

export const organisation = (id: string) =>
  queryOptions({
    queryKey: ['organisation', id],
    queryFn: ({ signal }) => get<T.Organisation>(`/organisations/${id}`, undefined, signal),
  });
export const modules = (id: string) =>
  queryOptions({
    queryKey: ['organisation', id, 'modules'],
    queryFn: ({ signal }) => get<T.Modules>(`/organisations/${id}/modules`, undefined, signal),
  });
export const subOrganisations = (id: string) =>
  list<T.Organisation>(['organisation', id], `/organisations/${id}/sub_organisations`, {});
export const siteAccess = (id: string) => list<T.SitePerson>(['site_access', id], `/sites/${id}/access`, {});
export const reasons = (org: string, user: string, query: Query) =>
  queryOptions({
    queryKey: ['reasons', org, user, query],
    queryFn: ({ signal }) => get<T.Reasons>(`/organisations/${org}/members/${user}/reasons`, query, signal),
  });
export const apiKeys = list<T.ApiKey>(['keys'], '/keys', {});

export const members = (org: string, query: Query) =>
  list<T.TeamMember>(['members', org], `/organisations/${org}/members`, query);
export const member = (org: string, user: string) =>
  queryOptions({
    queryKey: ['members', org, 'one', user],
    queryFn: ({ signal }) => get<T.TeamMember>(`/organisations/${org}/members/${user}`, undefined, signal),
  });
/** The revision of a member, for `If-Match`. */
export const memberTag = (org: string, user: string) =>
  queryOptions({
    queryKey: ['member', org, user],
    queryFn: () => tag(`/organisations/${org}/members/${user}`),
    staleTime: 0,
  });
export const invitations = (org: string, purpose: 'member' | 'organisation') =>
  list<T.Invitation>(['invitations', org], `/organisations/${org}/invitations`, { purpose });
export const siteInvitations = (site: string) =>
  list<T.Invitation>(['invitations', site], `/sites/${site}/invitations`, {});

export const alerts = (query: Query) => ({
  ...list<T.Alert>(['alerts'], '/alerts', query),
  refetchInterval: 60_000,
});
export const stationAlerts = (id: string) => ({
  ...list<T.Alert>(['alerts', id], `/stations/${id}/alerts`, {}),
  refetchInterval: 60_000,
});
export const alertRules = list<T.AlertRule>(['alert_rules'], '/alert_rules', {}, 200);
export const rulePreview = (id: string) =>
  queryOptions({
    queryKey: ['alert_rules', id, 'preview'],
    queryFn: ({ signal }) => get<T.RulePreview>(`/alert_rules/${id}/preview`, undefined, signal),
  });
export const uptime = (noun: 'stations' | 'sites', id: string) =>
  queryOptions({
    queryKey: ['uptime', noun, id],
    queryFn: ({ signal }) => get<T.Uptime>(`/${noun}/${id}/uptime`, undefined, signal),
  });
export const webhooks = list<T.Webhook>(['webhooks'], '/webhooks', {}, 200);
export const deliveries = (id: string) => ({
  ...list<T.Delivery>(['webhooks', id, 'deliveries'], `/webhooks/${id}/deliveries`, {}),
  // How a test went is seen a moment later.
  refetchInterval: 3_000,
});
