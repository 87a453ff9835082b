// How a wish stands: a word and a tone, and the station's own reason behind it.
import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Flag } from '../../components/status_badge';
import type { Setting } from './reads';

export function WishState({ wish }: { wish: NonNullable<Setting['wish']> }) {
  const { t } = useTranslation();
  const word = t(`configuration.state.${wish.state}`);
  const calm = wish.state === 'holds' || wish.state === 'unknown';
  const waits = wish.state === 'pending_reboot' || wish.state === 'after_session';
  return (
    <div>
      {calm ? <span className="sub">{word}</span> : <Flag word={word} tone={waits ? 'busy' : undefined} />}
      {wish.reason && !calm && (
        <Text size="xs" c="dimmed">
          {wish.reason}
        </Text>
      )}
    </div>
  );
}
