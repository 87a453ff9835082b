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
import { notifications } from '@mantine/notifications';
import {
  IconArrowsExchange,
  IconBell,
  IconCheck,
  IconClockExclamation,
  IconDots,
  IconEye,
  IconHelp,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconPlugConnected,
  IconSearch,
  IconSun,
  IconUser,
} from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem, post, put } from '../../api/client';
import { openLive, useLine } from '../../api/live';
import { me, overview, unseen } from '../../api/queries';
import { AddOnMark } from '../../components/add_on';
import { useCan } from '../../components/can';
import { current, watch } from '../../components/confirm';
import { isAsked, watchAsked } from '../../components/step_up';
import { endViewAs, viewAsOneself } from '../../components/view_as';
import { clock } from '../../format';
import { chooseLanguage, LANGUAGES, type Language } from '../../i18n';
import { JobTray } from '../jobs/tray';
import { tellAgain, WaitingNotice } from '../notifications/waiting_notice';
import { Guarded } from './guard';
import { usePlaces } from './places';
import { focusFilter, isTyping } from './shortcuts';

/** What lets one hear any topic of the live stream. */
const LIVE = ['stations.list', 'sessions.view', 'stations.control', 'stations.edit'] as const;

const Palette = lazy(() => import('./palette'));
const ConfirmWindow = lazy(() => import('../../components/confirm_window'));
const StepUpWindow = lazy(() => import('../../components/step_up_window'));
const KeySheet = lazy(() => import('./key_sheet'));

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
  const kiosk = useRouterState({
    select: (s) =>
      s.location.pathname === '/stations' && Boolean((s.location.search as { kiosk?: unknown }).kiosk),
  });
  const { data: numbers } = useQuery({ ...overview, enabled: can('dashboard.view') });

  // Whoever may see none of its topics has nothing to listen to.
  const listens = LIVE.some((permission) => can(permission));
  useEffect(() => (listens ? openLive(client) : undefined), [client, listens]);
  // the rail closes whenever the page changes
  useEffect(() => rail.close(), [path]);
  useHotkeys([['mod+K', () => setPalette((n) => n + 1)]], []);
  const places = usePlaces();
  const keyed = useRef(places);
  keyed.current = places;
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
        const place = keyed.current.find((one) => one.may && one.key === event.key);
        if (place) void navigate({ to: place.to });
      }
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [keySheet, navigate]);

  const marks: Record<string, number | undefined> = {
    '/alerts': numbers?.alerts_open ?? 0,
    '/connect': numbers?.unclaimed,
  };
  // A wall screen has no frame around what it shows.
  if (kiosk) {
    return (
      <>
        <Guarded>
          <Outlet />
        </Guarded>
        <div className="kioskline">{listens && <LiveDot />}</div>
      </>
    );
  }
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
          {listens && <LiveDot />}
          <JobTray />
          <Bell />
          <SchemeSwitch />
          <PersonMenu onKeys={keySheet.open} />
        </div>
      </AppShell.Header>
      <AppShell.Navbar className="rail" p="sm" aria-label={t('nav.label')}>
        {(['operate', 'manage', 'organise'] as const)
          .map((group) => ({ group, own: places.filter((place) => place.group === group) }))
          .filter(({ own }) => own.length > 0)
          .map(({ group, own }) => (
            <div key={group}>
              <div className="navhead">{t(`nav.${group}`)}</div>
              {own.map((place) => (
                <Link
                  key={place.to}
                  to={place.to}
                  className="navlink"
                  activeOptions={{ exact: place.to === '/', includeSearch: false }}
                >
                  <place.icon size={19} stroke={1.8} aria-hidden />
                  <span style={{ flex: 1 }}>{t(place.word)}</span>
                  {place.held && <AddOnMark />}
                  {marks[place.to] ? (
                    <span className="status" data-tone="hold" style={{ padding: '0 8px' }}>
                      {marks[place.to]}
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
          <WaitingNotice />
          <Guarded>
            <Outlet />
          </Guarded>
        </div>
      </AppShell.Main>
      <nav className="bottombar" aria-label={t('nav.phone')}>
        {places
          .filter((place) => place.group === 'operate' && place.may)
          .map((place) => (
            <Link
              key={place.to}
              to={place.to}
              activeOptions={{ exact: place.to === '/', includeSearch: false }}
            >
              <place.icon size={21} stroke={1.8} aria-hidden />
              {t(place.word)}
            </Link>
          ))}
        {can('stations.edit', null) && (
          <Link to="/connect">
            <IconPlugConnected size={21} stroke={1.8} aria-hidden />
            {t('nav.connect_short')}
          </Link>
        )}
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

/** Says from when the values on the page are, while nothing is heard. */
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
    // Whoever signs in here next looks about as themselves.
    endViewAs();
    tellAgain();
    client.clear();
    window.location.assign('/login');
  };
  const change = async (id: string) => {
    try {
      await put('/me/organisation', { organisation_id: id });
    } catch (error) {
      const code = error instanceof Problem ? error.code : '';
      notifications.show({
        color: 'red',
        title: t('person.not_changed'),
        message: t(`problem.${code}`, { defaultValue: error instanceof Error ? error.message : '' }),
      });
      return;
    }
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
