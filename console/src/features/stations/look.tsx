// How the fleet is looked at: as a list, on a map, as a board. The address keeps it.
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconDeviceTv, IconLayoutGrid, IconList, IconMap2 } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

export const LOOKS = ['list', 'map', 'board'] as const;
export type Look = (typeof LOOKS)[number];
export const lookOf = (show: string | undefined): Look => LOOKS.find((look) => look === show) ?? 'list';

const ICONS = {
  list: <IconList size={15} aria-hidden />,
  map: <IconMap2 size={15} aria-hidden />,
  board: <IconLayoutGrid size={15} aria-hidden />,
};

export function LookSwitch({ look, choose }: { look: Look; choose: (look: Look) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <div className="chips" role="group" aria-label={t('looks.title')}>
        {LOOKS.map((one) => (
          <button
            key={one}
            type="button"
            className="chip look"
            aria-pressed={one === look}
            onClick={() => choose(one)}
          >
            {ICONS[one]} {t(`looks.${one}`)}
          </button>
        ))}
      </div>
      {look === 'board' && (
        <Tooltip label={t('looks.kiosk')}>
          <ActionIcon
            variant="default"
            size={36}
            aria-label={t('looks.kiosk')}
            renderRoot={(props) => (
              <Link to="/stations" search={(old) => ({ ...old, kiosk: '1' })} {...props} />
            )}
          >
            <IconDeviceTv size={18} />
          </ActionIcon>
        </Tooltip>
      )}
    </>
  );
}
