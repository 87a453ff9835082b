// What each page needs. The router takes it from here, and so do the rail, the keys and the palette: a page cannot
// be added without saying it, and `features/shell/guard.tsx` shows it to nobody else.
import type { Permission } from './api/shapes';

/** Any one of these rights. */
export type Need = {
  any: readonly Permission[];
  /** In the organisation as a whole: having it at some sites does not do. */
  whole?: boolean;
  /** At the site that this parameter of the address names; else anywhere, or where the page says. */
  site?: string;
};

const need = (...any: Permission[]): Need => ({ any });
const whole = (...any: Permission[]): Need => ({ any, whole: true });

/** Whoever may do anything to many stations at once. */
const BATCH = need(
  'stations.control.batch',
  'stations.firmware.batch',
  'stations.configure.batch',
  'stations.edit.batch',
);

export const NEEDS = {
  '/': need('dashboard.view'),
  '/stations': need('stations.list'),
  '/stations/$id': need('stations.list'),
  '/sessions': need('sessions.view'),
  '/sessions/$id': need('sessions.view'),
  '/alerts': need('alerts.view'),
  '/alerts/rules': need('alerts.view'),
  '/logs': need('logs.view'),
  '/jobs': BATCH,
  '/jobs/$id': BATCH,
  '/firmware': need('stations.firmware'),
  '/tokens': whole('drivers.view'),
  '/sites': need('stations.list'),
  '/sites/$id/access': { any: ['sites.access.manage'], site: 'id' },
  '/templates': whole('station_settings.view'),
  '/templates/$id': whole('station_settings.view'),
  '/drift': need('station_settings.view'),
  '/compare': need('station_settings.view'),
  '/connect': whole('stations.edit'),
  '/org/profile': whole('organisation.view'),
  '/org/sub-organisations': whole('reseller.view'),
  '/org/sub-organisations/$id': whole('reseller.view'),
  '/org/team': whole('team.members.view'),
  '/org/keys': whole('keys.manage'),
  '/org/webhooks': whole('webhooks.manage'),
  '/org/audit': whole('audit.view'),
  '/org/roles': need('account.edit'),
  '/drivers': whole('drivers.list'),
  '/drivers/$id': whole('drivers.view'),
  '/notifications': need('notifications.view'),
  '/me': need('account.edit'),
  '/support': need('support.view'),
} as const satisfies Record<string, Need>;

/** The tabs of a station, at the station's site. */
export const TAB_NEEDS = {
  '/': need('stations.list'),
  live: need('stations.list'),
  sessions: need('sessions.view'),
  // Whoever may do any of these has something to send, or to see of what was sent.
  commands: need('stations.control', 'stations.configure', 'stations.firmware', 'stations.raw_ocpp'),
  variables: need('station_settings.view'),
  log: need('logs.view'),
  alerts: need('stations.alerts.manage'),
  firmware: need('stations.firmware'),
  diagnostics: need('stations.diagnostics'),
  settings: need('stations.edit'),
} as const satisfies Record<string, Need>;

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    need?: Need;
  }
}
