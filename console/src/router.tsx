// All addresses of the console; each page is its own chunk and its view state lives in the URL.
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { Problem } from './api/client';
import { me, queryClient, setupNeeded } from './api/queries';
import './api/returned';
import { RouteError, RouteMissing } from './features/shell/route_states';
import { NEEDS, TAB_NEEDS } from './needs';

type Raw = Record<string, unknown>;
const text = (raw: Raw, key: string) => {
  const value = raw[key];
  return value === undefined || value === null || value === '' ? undefined : String(value);
};
/** Keeps the named search parameters, as text. */
const texts =
  <K extends string>(...names: K[]) =>
  (raw: Raw) =>
    Object.fromEntries(names.map((name) => [name, text(raw, name)])) as { [N in K]?: string };

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: RouteMissing,
  errorComponent: RouteError,
});

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: texts('next'),
  component: lazyRouteComponent(() => import('./features/sign_in/login_page'), 'LoginPage'),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./features/sign_in/setup_page'), 'SetupPage'),
});

const outside = <P extends string>(path: P) => ({ getParentRoute: () => root, path });
const accept = createRoute({
  ...outside('/accept'),
  component: lazyRouteComponent(() => import('./features/sign_in/accept_page'), 'AcceptPage'),
});
const register = createRoute({
  ...outside('/register'),
  component: lazyRouteComponent(() => import('./features/sign_in/register_page'), 'RegisterPage'),
});
const activate = createRoute({
  ...outside('/activate'),
  component: lazyRouteComponent(() => import('./features/sign_in/activate_page'), 'ActivatePage'),
});
const forgot = createRoute({
  ...outside('/forgot'),
  component: lazyRouteComponent(() => import('./features/sign_in/forgot_page'), 'ForgotPage'),
});
const reset = createRoute({
  ...outside('/reset'),
  component: lazyRouteComponent(() => import('./features/sign_in/reset_page'), 'ResetPage'),
});

const returnFrom = createRoute({
  ...outside('/login/return'),
  component: lazyRouteComponent(() => import('./features/sign_in/return_page'), 'ReturnPage'),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(me);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      const fresh = await queryClient.fetchQuery(setupNeeded).catch(() => ({ needed: false }));
      if (fresh.needed) throw redirect({ to: '/setup', hash: location.hash || undefined });
      throw redirect({ to: '/login', search: { next: location.href } });
    }
  },
  component: lazyRouteComponent(() => import('./features/shell/shell'), 'Shell'),
  errorComponent: RouteError,
});

/** A page of the frame, with what it needs: `features/shell/guard.tsx` shows it to nobody else. */
const page = <P extends keyof typeof NEEDS>(path: P) => ({
  getParentRoute: () => shell,
  path,
  staticData: { need: NEEDS[path] },
});

const overview = createRoute({
  ...page('/'),
  component: lazyRouteComponent(() => import('./features/overview/overview_page'), 'OverviewPage'),
});
const stations = createRoute({
  ...page('/stations'),
  // A wall screen is told its site as `?kiosk=1&site=`.
  validateSearch: (raw: Raw) =>
    texts(
      'q',
      'site_id',
      'status',
      'online',
      'show',
      'view',
      'kiosk',
    )({
      ...raw,
      site_id: raw.site_id ?? raw.site,
    }),
  component: lazyRouteComponent(() => import('./features/stations/stations_page'), 'StationsPage'),
});
const station = createRoute({
  ...page('/stations/$id'),
  component: lazyRouteComponent(() => import('./features/stations/station_page'), 'StationPage'),
});
const tab = <P extends keyof typeof TAB_NEEDS>(path: P) => ({
  getParentRoute: () => station,
  path,
  staticData: { need: TAB_NEEDS[path] },
});
const stationIndex = createRoute({
  ...tab('/'),
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/stations/$id/live', params: params as { id: string }, replace: true });
  },
});
const live = createRoute({
  ...tab('live'),
  component: lazyRouteComponent(() => import('./features/stations/live_tab'), 'LiveTab'),
});
const stationSessions = createRoute({
  ...tab('sessions'),
  component: lazyRouteComponent(() => import('./features/stations/sessions_tab'), 'SessionsTab'),
});
const commands = createRoute({
  ...tab('commands'),
  validateSearch: texts('form', 'action'),
  component: lazyRouteComponent(() => import('./features/commands/commands_tab'), 'CommandsTab'),
});
const variables = createRoute({
  ...tab('variables'),
  validateSearch: texts('q'),
  component: lazyRouteComponent(
    () => import('./features/configuration/configuration_tab'),
    'ConfigurationTab',
  ),
});
const LOG_FILTERS = [
  'q',
  'action',
  'direction',
  'errors_only',
  'message_id',
  'session_id',
  'from',
  'to',
  'entry',
] as const;
const log = createRoute({
  ...tab('log'),
  validateSearch: texts(...LOG_FILTERS),
  component: lazyRouteComponent(() => import('./features/logs/log_tab'), 'LogTab'),
});
const fleetLog = createRoute({
  ...page('/logs'),
  validateSearch: texts('station', ...LOG_FILTERS),
  component: lazyRouteComponent(() => import('./features/logs/log_page'), 'LogPage'),
});
const stationFirmware = createRoute({
  ...tab('firmware'),
  component: lazyRouteComponent(() => import('./features/firmware/firmware_tab'), 'FirmwareTab'),
});
const stationDiagnostics = createRoute({
  ...tab('diagnostics'),
  component: lazyRouteComponent(() => import('./features/diagnostics/diagnostics_tab'), 'DiagnosticsTab'),
});
const firmware = createRoute({
  ...page('/firmware'),
  component: lazyRouteComponent(() => import('./features/firmware/library_page'), 'LibraryPage'),
});
const settings = createRoute({
  ...tab('settings'),
  component: lazyRouteComponent(() => import('./features/stations/settings_tab'), 'SettingsTab'),
});
const sessions = createRoute({
  ...page('/sessions'),
  validateSearch: texts('state', 'suspect', 'site_id', 'token', 'view'),
  component: lazyRouteComponent(() => import('./features/sessions/sessions_page'), 'SessionsPage'),
});
const session = createRoute({
  ...page('/sessions/$id'),
  component: lazyRouteComponent(() => import('./features/sessions/session_page'), 'SessionPage'),
});
const jobs = createRoute({
  ...page('/jobs'),
  component: lazyRouteComponent(() => import('./features/jobs/jobs_page'), 'JobsPage'),
});
const job = createRoute({
  ...page('/jobs/$id'),
  component: lazyRouteComponent(() => import('./features/jobs/job_page'), 'JobPage'),
});
const tokens = createRoute({
  ...page('/tokens'),
  component: lazyRouteComponent(() => import('./features/tokens/tokens_page'), 'TokensPage'),
});
const sites = createRoute({
  ...page('/sites'),
  component: lazyRouteComponent(() => import('./features/sites/sites_page'), 'SitesPage'),
});
const connect = createRoute({
  ...page('/connect'),
  validateSearch: texts('identity', 'trace'),
  component: lazyRouteComponent(() => import('./features/connect/connect_page'), 'ConnectPage'),
});
const siteAccess = createRoute({
  ...page('/sites/$id/access'),
  component: lazyRouteComponent(() => import('./features/site_access/site_access_page'), 'SiteAccessPage'),
});
const organisation = createRoute({
  ...page('/org/profile'),
  component: lazyRouteComponent(
    () => import('./features/organisations/organisation_page'),
    'OrganisationPage',
  ),
});
const subOrganisations = createRoute({
  ...page('/org/sub-organisations'),
  component: lazyRouteComponent(
    () => import('./features/organisations/sub_organisations_page'),
    'SubOrganisationsPage',
  ),
});
const subOrganisation = createRoute({
  ...page('/org/sub-organisations/$id'),
  component: lazyRouteComponent(
    () => import('./features/organisations/sub_organisation_page'),
    'SubOrganisationPage',
  ),
});
const team = createRoute({
  ...page('/org/team'),
  component: lazyRouteComponent(() => import('./features/team/team_page'), 'TeamPage'),
});
const apiKeys = createRoute({
  ...page('/org/keys'),
  component: lazyRouteComponent(() => import('./features/keys/keys_page'), 'KeysPage'),
});
const drivers = createRoute({
  ...page('/drivers'),
  component: lazyRouteComponent(() => import('./features/drivers/drivers_page'), 'DriversPage'),
});
const driver = createRoute({
  ...page('/drivers/$id'),
  component: lazyRouteComponent(() => import('./features/drivers/driver_page'), 'DriverPage'),
});
const templates = createRoute({
  ...page('/templates'),
  component: lazyRouteComponent(() => import('./features/configuration/templates_page'), 'TemplatesPage'),
});
const template = createRoute({
  ...page('/templates/$id'),
  component: lazyRouteComponent(() => import('./features/configuration/template_page'), 'TemplatePage'),
});
const drift = createRoute({
  ...page('/drift'),
  component: lazyRouteComponent(() => import('./features/configuration/drift_page'), 'DriftPage'),
});
const compare = createRoute({
  ...page('/compare'),
  validateSearch: texts('one', 'other'),
  component: lazyRouteComponent(() => import('./features/configuration/compare_page'), 'ComparePage'),
});
const audit = createRoute({
  ...page('/org/audit'),
  component: lazyRouteComponent(() => import('./features/audit/audit_page'), 'AuditPage'),
});
const notifications = createRoute({
  ...page('/notifications'),
  component: lazyRouteComponent(
    () => import('./features/notifications/notifications_page'),
    'NotificationsPage',
  ),
});
const alerts = createRoute({
  ...page('/alerts'),
  validateSearch: texts('state', 'severity', 'owner', 'alert'),
  component: lazyRouteComponent(() => import('./features/alerts/alerts_page'), 'AlertsPage'),
});
const alertRules = createRoute({
  ...page('/alerts/rules'),
  component: lazyRouteComponent(() => import('./features/alerts/rules_page'), 'RulesPage'),
});
const stationAlerts = createRoute({
  ...tab('alerts'),
  component: lazyRouteComponent(() => import('./features/alerts/alerts_tab'), 'AlertsTab'),
});
const webhooks = createRoute({
  ...page('/org/webhooks'),
  component: lazyRouteComponent(() => import('./features/webhooks/webhooks_page'), 'WebhooksPage'),
});
const account = createRoute({
  ...page('/me'),
  component: lazyRouteComponent(() => import('./features/account/account_page'), 'AccountPage'),
});
const support = createRoute({
  ...page('/support'),
  component: lazyRouteComponent(() => import('./features/support/support_page'), 'SupportPage'),
});
const roles = createRoute({
  ...page('/org/roles'),
  validateSearch: texts('person'),
  component: lazyRouteComponent(() => import('./features/roles/roles_page'), 'RolesPage'),
});

const tree = root.addChildren([
  login,
  setup,
  accept,
  register,
  activate,
  forgot,
  reset,
  returnFrom,
  shell.addChildren([
    overview,
    stations,
    station.addChildren([
      stationIndex,
      live,
      stationSessions,
      commands,
      variables,
      log,
      stationAlerts,
      stationFirmware,
      stationDiagnostics,
      settings,
    ]),
    sessions,
    session,
    jobs,
    job,
    tokens,
    sites,
    siteAccess,
    connect,
    organisation,
    subOrganisations,
    subOrganisation,
    team,
    apiKeys,
    firmware,
    drivers,
    driver,
    fleetLog,
    templates,
    template,
    drift,
    compare,
    audit,
    notifications,
    alerts,
    alertRules,
    webhooks,
    account,
    support,
    roles,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultNotFoundComponent: RouteMissing,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
