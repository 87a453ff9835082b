// Names for what the admin API sends, taken from its generated description (`schema.d.ts`).
// Times are RFC 3339 UTC; W, Wh, mA and mV are integers; unknown is null.
import type { components } from './schema';

type Schemas = components['schemas'];
type Sent<N extends keyof Schemas> = Schemas[N];

export type Page<T> = Omit<Sent<'ListView_StationView'>, 'data'> & { data: T[] };
/** Also made here when a line breaks or a proxy speaks: only the first three are certain. */
export type ProblemBody = Pick<Schemas['Problem'], 'title' | 'status' | 'code'> & Partial<Schemas['Problem']>;

export type Permission = Schemas['PermissionKey'];
export type ConnectorStatus = Schemas['ConnectorStatus'];
export type Me = Sent<'MeView'>;
export type Challenge = Sent<'ChallengeView'>;
export type Departure = Sent<'DepartureView'>;
export type Entered = Sent<'EnteredView'>;
export type Support = Sent<'SupportView'>;
export type Factors = Sent<'FactorsView'>;
export type Seed = Sent<'SeedView'>;
export type RecoveryCodes = Sent<'RecoveryCodesView'>;
export type Login = Sent<'LoginView'>;
export type Setup = Sent<'SetupView'>;
export type Roles = Sent<'RolesView'>;
export type Site = Sent<'SiteView'>;
export type Connector = Sent<'ConnectorView'>;
export type Evse = Sent<'EvseView'>;
export type Station = Sent<'StationView'>;
export type NewStation = Sent<'NewStationView'>;
export type Variable = Sent<'VariableView'>;
export type Deviation = Sent<'DeviationCountView'>;
export type Notice = Sent<'NoticeView'>;
export type Command = Sent<'CommandView'>;
export type RawAnswer = Sent<'RawView'>;
export type LogEntry = Sent<'LogView'>;
export type Attempt = Sent<'AttemptView'>;
export type Unclaimed = Sent<'UnclaimedView'>;
export type Connect = Sent<'ConnectView'>;
export type Session = Sent<'SessionView'>;
export type MeterPoint = Sent<'PointView'>;
export type SessionMeter = Sent<'MeterView'>;
export type StationMeter = Sent<'StationMeterView'>;
export type Token = Sent<'TokenView'>;
export type Overview = Sent<'OverviewView'>;
export type SiteLevel = Schemas['SiteLevel'];
export type Organisation = Sent<'OrganisationDetailView'>;
export type Modules = Sent<'ModulesView'>;
export type Module = Sent<'ModuleView'>;
export type SitePerson = Sent<'SitePersonView'>;
export type Reasons = Sent<'ReasonsView'>;
export type Reason = Sent<'ReasonView'>;
export type ApiKey = Sent<'KeyView'>;
export type NewApiKey = Sent<'NewKeyView'>;
export type RoleKey = Schemas['RoleKey'];
export type TeamMember = Sent<'MemberView'>;
export type Invitation = Sent<'InvitationView'>;
export type SentInvitation = Sent<'SentView'>;
export type LookedInvitation = Sent<'LookedView'>;
export type AcceptedInvitation = Sent<'AcceptedView'>;
export type StationLock = Sent<'LockView'>;
export type NewStationLock = Sent<'NewLockView'>;
export type Presence = Sent<'PresenceView'>;
export type PresenceState = Sent<'PresenceStateView'>;
export type SavedPassword = Sent<'SavedPasswordView'>;
export type Notification = Sent<'NotificationView'>;
export type Acknowledged = Sent<'AcknowledgedView'>;
export type Driver = Sent<'DriverView'>;
export type Deed = Sent<'DeedView'>;
export type Passkey = Sent<'PasskeyView'>;
