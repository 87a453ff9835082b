// The frame around every page: rail, top bar, live dot, palette, keys.
import {
  ActionIcon,
  AppShell,
  Avatar,
  Burger,
  Button,
  Indicator,
  Menu,
  Tooltip,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import {
  IconAlertTriangle,
  IconArrowsExchange,
  IconBell,
  IconBinaryTree2,
  IconBuilding,
  IconBuildingStore,
  IconChargingPile,
  IconCheck,
  IconClockExclamation,
  IconDots,
  IconEye,
  IconHelp,
  IconHistory,
  IconIdBadge2,
  IconKey,
  IconLanguage,
  IconLayoutDashboard,
  IconLifebuoy,
  IconLogout,
  IconMoon,
  IconPlugConnected,
  IconReceipt2,
  IconSearch,
  IconShieldCheck,
  IconSun,
  IconUser,
  IconUsers,
  IconUsersGroup,
  IconWebhook,
} from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { type ComponentType, lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { post, put } from '../../api/client';
import { openLive, useLine } from '../../api/live';
import { me, overview, unseen } from '../../api/queries';
import type { Permission } from '../../api/shapes';
import { Can, useCan } from '../../components/can';
import { current, watch } from '../../components/confirm';
import { isAsked, watchAsked } from '../../components/step_up';
import { viewAsOneself } from '../../components/view_as';
import { clock } from '../../format';
import { chooseLanguage, LANGUAGES, type Language } from '../../i18n';
import { focusFilter, isTyping } from './shortcuts';

const Palette = lazy(() => import('./palette'));
const ConfirmWindow = lazy(() => import('../../components/confirm_window'));
const StepUpWindow = lazy(() => import('../../components/step_up_window'));
const KeySheet = lazy(() => import('./key_sheet'));

type Place = {
  to: string;
  word: string;
  icon: ComponentType<{ size?: number; stroke?: number }>;
  need?: Permission;
  mark?: number;
};

export function Shell() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const can = useCan();
  const [opened, rail] = useDisclosure(false);
  const [sheet, keySheet] = useDisclosure(false);
  const question = useSyncExternalStore(watch, current);
  const asked = useSyncExternalStore(watchAsked, isAsked);
  const [palette, setPalette] = useState(0);
  const path = useRouterState({ select: (s) => s.location.pathname });
  const { data: numbers } = useQuery({ ...overview, enabled: can('dashboard.view') });

  useEffect(() => openLive(client), [client]);
  // the rail closes whenever the page changes
  useEffect(() => rail.close(), [path]);
  useHotkeys([['mod+K', () => setPalette((n) => n + 1)]], []);
  // kept over drawings: a live value may come between the two keys
  const afterG = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === '/' && focusFilter()) event.preventDefault();
      else if (event.key === '?') keySheet.toggle();
      else if (event.key === 'g') afterG.current = event.timeStamp;
      else if (afterG.current && event.timeStamp - afterG.current < 1200) {
        afterG.current = 0;
        const to = { o: '/', s: '/stations', e: '/sessions', t: '/tokens', i: '/sites', c: '/connect' }[
          event.key
        ];
        if (to) void navigate({ to });
      }
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [keySheet, navigate]);

  const work: Place[] = [
    { to: '/', word: t('nav.overview'), icon: IconLayoutDashboard },
    { to: '/stations', word: t('nav.stations'), icon: IconChargingPile, need: 'stations.list' },
    { to: '/sessions', word: t('nav.sessions'), icon: IconReceipt2, need: 'sessions.view' },
    {
      to: '/alerts',
      word: t('nav.alerts'),
      icon: IconAlertTriangle,
      need: 'alerts.view',
      mark: numbers?.alerts_open ?? 0,
    },
  ];
  const manage: Place[] = [
    { to: '/sites', word: t('nav.sites'), icon: IconBuildingStore, need: 'stations.list' },
    { to: '/drivers', word: t('nav.drivers'), icon: IconUsersGroup, need: 'drivers.list' },
    { to: '/tokens', word: t('nav.tokens'), icon: IconIdBadge2, need: 'drivers.view' },
    {
      to: '/connect',
      word: t('nav.connect'),
      icon: IconPlugConnected,
      need: 'stations.edit',
      mark: numbers?.unclaimed,
    },
  ];
  const organise: Place[] = [
    { to: '/org/profile', word: t('nav.organisation'), icon: IconBuilding, need: 'organisation.view' },
    {
      to: '/org/sub-organisations',
      word: t('nav.sub_organisations'),
      icon: IconBinaryTree2,
      need: 'reseller.view',
    },
    { to: '/org/team', word: t('nav.team'), icon: IconUsers, need: 'team.members.view' },
    { to: '/org/keys', word: t('nav.keys'), icon: IconKey, need: 'keys.manage' },
    { to: '/org/webhooks', word: t('nav.webhooks'), icon: IconWebhook, need: 'webhooks.manage' },
    { to: '/org/audit', word: t('nav.audit'), icon: IconHistory, need: 'audit.view' },
    { to: '/org/roles', word: t('nav.roles'), icon: IconShieldCheck },
    { to: '/support', word: t('nav.support'), icon: IconLifebuoy, need: 'support.view' },
  ];
  const allowed = (place: Place) => !place.need || can(place.need);

  return (
    <AppShell
      header={{ height: 58 }}
      navbar={{ width: 248, breakpoint: 'md', collapsed: { mobile: !opened } }}
      padding={{ base: 'md', md: 'xl' }}
    >
      <a className="skip" href="#page">
        {t('nav.skip')}
      </a>
      <AppShell.Header className="top">
        <div style={{ display: 'flex', alignItems: 'center', height: '100%', padding: '0 18px', gap: 14 }}>
          <Burger
            opened={opened}
            onClick={rail.toggle}
            hiddenFrom="md"
            size="sm"
            aria-label={opened ? t('nav.close') : t('nav.open')}
          />
          <Link to="/" className="brand" style={{ width: 194 }}>
            <img src="/favicon.svg" width={28} height={28} alt="" />
            Busbar
          </Link>
          <button type="button" className="searchbox" onClick={() => setPalette((n) => n + 1)}>
            <IconSearch size={16} aria-hidden />
            <span>{t('palette.hint')}</span>
            <kbd className="key">Ctrl K</kbd>
          </button>
          <div style={{ flex: 1 }} />
          <LiveDot />
          <Bell />
          <SchemeSwitch />
          <PersonMenu onKeys={keySheet.open} />
        </div>
      </AppShell.Header>
      <AppShell.Navbar className="rail" p="sm" aria-label={t('nav.label')}>
        {[
          { head: t('nav.operate'), places: work.filter(allowed) },
          { head: t('nav.manage'), places: manage.filter(allowed) },
          { head: t('nav.organise'), places: organise.filter(allowed) },
        ].map(({ head, places }) => (
          <div key={head} hidden={places.length === 0}>
            <div className="navhead">{head}</div>
            {places.map((place) => (
              <Link
                key={place.to}
                to={place.to}
                className="navlink"
                activeOptions={{ exact: place.to === '/', includeSearch: false }}
              >
                <place.icon size={19} stroke={1.8} aria-hidden />
                <span style={{ flex: 1 }}>{place.word}</span>
                {place.mark ? (
                  <span className="status" data-tone="hold" style={{ padding: '0 8px' }}>
                    {place.mark}
                  </span>
                ) : null}
              </Link>
            ))}
          </div>
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1} style={{ outline: 'none' }} pb={{ base: 96, md: 48 }}>
        <div style={{ maxWidth: 1500, margin: '0 auto' }}>
          <ViewBar />
          <StaleBar />
          <Outlet />
        </div>
      </AppShell.Main>
      <nav className="bottombar" aria-label={t('nav.phone')}>
        {work.filter(allowed).map((place) => (
          <Link
            key={place.to}
            to={place.to}
            activeOptions={{ exact: place.to === '/', includeSearch: false }}
          >
            <place.icon size={21} stroke={1.8} aria-hidden />
            {place.word}
          </Link>
        ))}
        <Can do="stations.edit">
          <Link to="/connect">
            <IconPlugConnected size={21} stroke={1.8} aria-hidden />
            {t('nav.connect_short')}
          </Link>
        </Can>
        <button type="button" onClick={rail.toggle}>
          <IconDots size={21} stroke={1.8} aria-hidden />
          {t('nav.more')}
        </button>
      </nav>
      <Suspense>
        {palette > 0 && <Palette turn={palette} />}
        {question && <ConfirmWindow question={question} />}
        {asked && <StepUpWindow />}
        {sheet && <KeySheet close={keySheet.close} />}
      </Suspense>
    </AppShell>
  );
}

function LiveDot() {
  const { t } = useTranslation();
  const { line } = useLine();
  useEffect(() => {
    // values are greyed by this mark, wherever they stand
    document.documentElement.dataset.line = line;
  }, [line]);
  return (
    <Tooltip label={t(`live_hint.${line}`)}>
      <span className="livedot" data-line={line} role="status">
        <i className="dot" aria-hidden />
        <span>{t(`live.${line}`)}</span>
      </span>
    </Tooltip>
  );
}

/** Says from when the values on the page are, while nothing is heard. */
/** Whoever looks about as a role is told on every page, and finds the way back. */
function ViewBar() {
  const { t } = useTranslation();
  const role = useQuery(me).data?.viewed_as;
  if (!role) return null;
  return (
    <div className="stalebar" role="status">
      <IconEye size={17} aria-hidden />
      <span style={{ flex: 1 }}>{t('roles.viewing', { role: t(`role.${role}`) })}</span>
      <Button size="compact-sm" variant="default" onClick={viewAsOneself}>
        {t('roles.view_back')}
      </Button>
    </div>
  );
}

function StaleBar() {
  const { t } = useTranslation();
  const { line, heardAt } = useLine();
  if (line !== 'stale') return null;
  return (
    <div className="stalebar" role="alert">
      <IconClockExclamation size={17} aria-hidden />
      {t('live.as_of', { time: clock(new Date(heardAt).toISOString()) })}
    </div>
  );
}

function SchemeSwitch() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const label = scheme === 'dark' ? t('scheme.to_light') : t('scheme.to_dark');
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
      >
        {scheme === 'dark' ? <IconSun size={19} /> : <IconMoon size={19} />}
      </ActionIcon>
    </Tooltip>
  );
}

function PersonMenu({ onKeys }: { onKeys: () => void }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery(me);
  if (!data) return null;
  const leave = async () => {
    await post('/logout').catch(() => undefined);
    client.clear();
    window.location.assign('/login');
  };
  const change = async (id: string) => {
    await put('/me/organisation', { organisation_id: id });
    client.clear();
    window.location.assign('/');
  };
  const words = data.user.name.split(/\s+/).filter(Boolean);
  const initials = [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((w) => w?.[0] ?? '')
    .join('')
    .toUpperCase();
  return (
    <Menu width={250}>
      <Menu.Target>
        <UnstyledButton
          aria-label={`${initials} – ${t('person.menu', { name: data.user.name })}`}
          style={{ borderRadius: 99 }}
        >
          <Avatar color="volt" variant="filled" size={34} radius="xl">
            {initials}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <b style={{ color: 'var(--text)', display: 'block', fontSize: '0.88rem' }}>{data.user.name}</b>
          {data.user.email}
          <br />
          {data.organisation.name} ·{' '}
          {data.roles.map((role) => t(`role.${role}`, { defaultValue: role })).join(', ')}
        </Menu.Label>
        {data.organisations.length > 1 && (
          <>
            <Menu.Divider />
            <Menu.Label>{t('person.organisations')}</Menu.Label>
            {data.organisations.map((one) => (
              <Menu.Item
                key={one.id}
                leftSection={
                  one.id === data.organisation.id ? <IconCheck size={16} /> : <IconArrowsExchange size={16} />
                }
                onClick={() => void change(one.id)}
              >
                {one.name}
              </Menu.Item>
            ))}
          </>
        )}
        <Menu.Divider />
        <Menu.Label>{t('person.language')}</Menu.Label>
        {(Object.keys(LANGUAGES) as Language[]).map((code) => (
          <Menu.Item
            key={code}
            leftSection={i18n.language === code ? <IconCheck size={16} /> : <IconLanguage size={16} />}
            onClick={() => void chooseLanguage(code)}
          >
            {LANGUAGES[code]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component={Link} to="/me" leftSection={<IconUser size={16} />}>
          {t('account.title')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconHelp size={16} />}
          onClick={onKeys}
          rightSection={<kbd className="key">?</kbd>}
        >
          {t('person.keys')}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          {t('person.sign_out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** What one is told until one has seen it. */
function Bell() {
  const { t } = useTranslation();
  const { data } = useQuery(unseen);
  const count = data?.data.length ?? 0;
  const word = count > 0 ? t('notes.bell', { count }) : t('notes.title');
  return (
    <Indicator
      disabled={count === 0}
      label={data?.has_more ? `${count}+` : count}
      size={16}
      offset={6}
      color="red.8"
    >
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={word}
        renderRoot={(props) => <Link to="/notifications" {...props} />}
      >
        <IconBell size={19} />
      </ActionIcon>
    </Indicator>
  );
}
