// A status is always an icon, a word and a colour together.
import { Tooltip } from '@mantine/core';
import {
  IconAlertTriangle,
  IconBan,
  IconBolt,
  IconCalendarTime,
  IconCar,
  IconCircleCheck,
  IconCircleDashed,
  IconClockPause,
  IconFlag,
  IconPlayerPause,
  IconPlugConnected,
  IconPlugConnectedX,
  IconQuestionMark,
  IconRosetteDiscountCheck,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { useTranslation } from 'react-i18next';
import type { Station } from '../api/shapes';

export type Tone = 'ok' | 'active' | 'hold' | 'busy' | 'bad' | 'off';
type Look = { tone: Tone; icon: ComponentType<{ size?: number; stroke?: number }> };

const UNHEARD: Look = { tone: 'off', icon: IconQuestionMark };
const LOOKS: Record<string, Look> = {
  available: { tone: 'ok', icon: IconCircleCheck },
  preparing: { tone: 'busy', icon: IconPlugConnected },
  charging: { tone: 'active', icon: IconBolt },
  suspended_ev: { tone: 'hold', icon: IconCar },
  suspended_evse: { tone: 'hold', icon: IconPlayerPause },
  finishing: { tone: 'busy', icon: IconFlag },
  reserved: { tone: 'busy', icon: IconCalendarTime },
  occupied: { tone: 'busy', icon: IconPlugConnected },
  unavailable: { tone: 'off', icon: IconBan },
  faulted: { tone: 'bad', icon: IconAlertTriangle },
  unknown: UNHEARD,
  offline: { tone: 'off', icon: IconPlugConnectedX },
  online: { tone: 'ok', icon: IconRosetteDiscountCheck },
};

export const toneOf = (status: string): Tone => (LOOKS[status] ?? UNHEARD).tone;

export function Pill({ tone, icon: Icon, word, hint }: Look & { word: string; hint?: string }) {
  const pill = (
    <span className="status" data-tone={tone}>
      <Icon size={14} stroke={2.2} aria-hidden />
      {word}
    </span>
  );
  return hint ? (
    <Tooltip label={hint} multiline maw={280}>
      {pill}
    </Tooltip>
  ) : (
    pill
  );
}

export function StatusBadge({ status, prefix }: { status: string; prefix?: string }) {
  const { t } = useTranslation();
  const known = status in LOOKS ? status : 'unknown';
  const word = t(`status.${known}`);
  return (
    <Pill
      {...(LOOKS[known] ?? UNHEARD)}
      word={prefix ? `${prefix} ${word}` : word}
      hint={t(`status_hint.${known}`)}
    />
  );
}

/** What a station's row shows: its connectors when it is online, one word when it is not. */
export function StationStatus({ station }: { station: Station }) {
  if (!station.online) return <StatusBadge status="offline" />;
  if (station.evses.length === 0) return <StatusBadge status="online" />;
  const several = station.evses.length > 1;
  return (
    <span className="pills">
      {station.evses.map((evse) => (
        <StatusBadge key={evse.id} status={evse.status} prefix={several ? String(evse.number) : undefined} />
      ))}
    </span>
  );
}

const COMMAND_TONE: Record<string, Look> = {
  queued: { tone: 'off', icon: IconCircleDashed },
  sent: { tone: 'busy', icon: IconClockPause },
  accepted: { tone: 'ok', icon: IconCircleCheck },
  completed: { tone: 'ok', icon: IconCircleCheck },
  rejected: { tone: 'bad', icon: IconBan },
  error: { tone: 'bad', icon: IconAlertTriangle },
  timeout: { tone: 'hold', icon: IconClockPause },
};
export function CommandStateBadge({ state }: { state: string }) {
  const { t } = useTranslation();
  return <Pill {...(COMMAND_TONE[state] ?? UNHEARD)} word={t(`command_state.${state}`)} />;
}

export function Flag({ word, hint, tone = 'hold' }: { word: string; hint?: string; tone?: Tone }) {
  return <Pill tone={tone} icon={IconAlertTriangle} word={word} hint={hint} />;
}
export function Fine({ word }: { word: string }) {
  return <Pill tone="ok" icon={IconCircleCheck} word={word} />;
}
