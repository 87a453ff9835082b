// What the roles allow and a module holds back: shown with a mark, and explained; nothing is behind it yet.
import { Button, Popover, Stack, Text } from '@mantine/core';
import { IconPuzzle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { me } from '../api/queries';
import type { HeldBack, Permission } from '../api/shapes';
import { useCan, useHeldBack } from './can';
import { useModuleName } from './module_name';

export function AddOnMark() {
  const { t } = useTranslation();
  return (
    <span className="addon">
      <IconPuzzle size={13} stroke={2} aria-hidden />
      {t('add_on.mark')}
    </span>
  );
}

/** Which module it is, and who may switch it on. */
export function AddOnText({ held }: { held: HeldBack }) {
  const { t } = useTranslation();
  const moduleName = useModuleName();
  const person = useQuery(me).data;
  const above = person?.organisation_above;
  return (
    <Stack gap={6}>
      {held.module && <Text size="sm">{t('add_on.needs_module', { module: moduleName(held.module) })}</Text>}
      {held.paid_module && (
        <Text size="sm">{t('add_on.needs_paid', { module: moduleName(held.paid_module) })}</Text>
      )}
      <Text size="sm">
        {above
          ? t(held.paid_module ? 'add_on.who_paid' : 'add_on.who', { name: above })
          : t('add_on.who_operator')}
      </Text>
    </Stack>
  );
}

/** An action: itself for whoever may, with the mark where a module holds it back, else nothing. */
export function CanOrAddOn({
  do: permission,
  at,
  word,
  children,
}: {
  do: Permission;
  /** The site, or null for the organisation as a whole. */
  at?: string | null;
  word: string;
  children: ReactNode;
}) {
  const can = useCan();
  const held = useHeldBack()(permission, at);
  if (can(permission, at)) return children;
  if (!held) return null;
  return (
    <Popover width={300} position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <Button variant="default" rightSection={<AddOnMark />}>
          {word}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <AddOnText held={held} />
      </Popover.Dropdown>
    </Popover>
  );
}
