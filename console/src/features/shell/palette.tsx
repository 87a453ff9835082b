// The palette: pages, stations by identity or name, and what can be done with them.

import { useDebouncedValue } from '@mantine/hooks';
import { Spotlight, spotlight } from '@mantine/spotlight';
import { IconArrowRight, IconChargingPile, IconSearch, IconTerminal2 } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../api/client';
import type { Page, Permission, Station } from '../../api/shapes';
import { useCan } from '../../components/can';
import { StationStatus } from '../../components/status_badge';
import { usePlaces } from './places';

export default function Palette({ turn }: { turn: number }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const can = useCan();
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 160);
  // every turn opens it once
  useEffect(() => spotlight.open(), [turn]);
  const found = useQuery({
    queryKey: ['stations', 'palette', asked],
    queryFn: ({ signal }) => get<Page<Station>>('/stations', { q: asked || undefined, limit: 6 }, signal),
    enabled: can('stations.list'),
    placeholderData: keepPreviousData,
  });
  const stations = found.data?.data ?? [];
  const pages = usePlaces().filter(
    (place) => place.may && t(place.word).toLowerCase().includes(text.trim().toLowerCase()),
  );
  const first = asked ? stations[0] : undefined;
  const mayAt = (permission: Permission) => first !== undefined && can(permission, first.site_id ?? null);
  return (
    <Spotlight.Root
      query={text}
      onQueryChange={setText}
      shortcut={null}
      maxHeight={460}
      scrollable
      radius="lg"
    >
      <Spotlight.Search
        placeholder={t('palette.hint')}
        aria-label={t('palette.hint')}
        leftSection={<IconSearch size={18} aria-hidden />}
      />
      <Spotlight.ActionsList aria-label={t('palette.open')}>
        {stations.length > 0 && (
          <Spotlight.ActionsGroup label={t('nav.stations')}>
            {stations.map((station) => (
              <Spotlight.Action
                key={station.id}
                label={station.name ? `${station.identity} · ${station.name}` : station.identity}
                description={[station.site_name, station.vendor, station.model].filter(Boolean).join(' · ')}
                leftSection={<IconChargingPile size={20} aria-hidden />}
                rightSection={<StationStatus station={station} />}
                onClick={() => void navigate({ to: '/stations/$id/live', params: { id: station.id } })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {first && (mayAt('stations.control') || mayAt('logs.view')) && (
          <Spotlight.ActionsGroup label={t('palette.commands')}>
            {mayAt('stations.control') && (
              <Spotlight.Action
                label={t('palette.command_for', { station: first.identity })}
                leftSection={<IconTerminal2 size={20} aria-hidden />}
                onClick={() => void navigate({ to: '/stations/$id/commands', params: { id: first.id } })}
              />
            )}
            {mayAt('logs.view') && (
              <Spotlight.Action
                label={t('palette.log_of', { station: first.identity })}
                leftSection={<IconTerminal2 size={20} aria-hidden />}
                onClick={() => void navigate({ to: '/stations/$id/log', params: { id: first.id } })}
              />
            )}
          </Spotlight.ActionsGroup>
        )}
        {pages.length > 0 && (
          <Spotlight.ActionsGroup label={t('palette.pages')}>
            {pages.map(({ to, word }) => (
              <Spotlight.Action
                key={to}
                label={t(word)}
                leftSection={<IconArrowRight size={20} aria-hidden />}
                onClick={() => void navigate({ to })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {pages.length === 0 && stations.length === 0 && (
          <Spotlight.Empty>{t('palette.nothing')}</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
