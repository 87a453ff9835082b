// Whether a driver may charge, in a word and a colour.
import { IconArchive, IconBan, IconCircleCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Driver } from '../../api/shapes';
import { Pill } from '../../components/status_badge';

export function DriverState({ state }: { state: Driver['state'] }) {
  const { t } = useTranslation();
  const word = t(`drivers.state_is.${state}`);
  if (state === 'active') return <Pill tone="ok" icon={IconCircleCheck} word={word} />;
  if (state === 'blocked') return <Pill tone="bad" icon={IconBan} word={word} />;
  return <Pill tone="off" icon={IconArchive} word={word} />;
}
