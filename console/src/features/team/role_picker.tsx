// The roles that one may give; beside them, the matrix of what each allows, as it is enforced.
import { Button, Checkbox, Group, ScrollArea, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconInfoCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { me, roles } from '../../api/queries';
import type { Permission, RoleKey } from '../../api/shapes';
import { useCan } from '../../components/can';
import { Read } from '../../components/page_state';
import { RightsMatrix } from '../roles/rights_matrix';

/** By which permission a role is given; the others are given by Administrators only. */
const GIVEN_BY: Partial<Record<RoleKey, Permission>> = {
  driver_manager: 'team.invite.driver_manager',
  charging_manager: 'team.invite.charging_manager',
  technician: 'team.invite.technician',
  financial_support: 'team.invite.financial_support',
  viewer: 'team.invite.viewer',
};

/** The roles that the person signed in may give and take. */
export function useGivable() {
  const can = useCan();
  const who = useQuery(me).data;
  const administers = who?.roles.includes('administrator') && !who.sites;
  return (role: RoleKey) => {
    const by = GIVEN_BY[role];
    return by ? can(by, null) : Boolean(administers);
  };
}

export function RolePicker({
  value,
  onChange,
  error,
}: {
  value: string[];
  onChange: (value: string[]) => void;
  error?: React.ReactNode;
}) {
  const { t } = useTranslation();
  const givable = useGivable();
  const all = useQuery(roles);
  const [shown, show] = useDisclosure(false);
  return (
    <>
      <Checkbox.Group value={value} onChange={onChange} error={error} label={t('team.roles')}>
        <Stack gap={8} mt={6}>
          {(all.data?.roles ?? []).map((role) => (
            <Checkbox
              key={role.key}
              value={role.key}
              label={t(`role.${role.key}`, { defaultValue: role.title })}
              disabled={!givable(role.key)}
              description={givable(role.key) ? t(`role_text.${role.key}`) : t('team.not_yours')}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      <Group>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconInfoCircle size={16} />}
          aria-expanded={shown}
          onClick={show.toggle}
        >
          {t('team.matrix')}
        </Button>
      </Group>
      {shown && (
        <Read query={all} rows={10}>
          {(data) => (
            <ScrollArea.Autosize mah={320} type="auto" viewportProps={{ tabIndex: 0 }}>
              <RightsMatrix data={data} rows={data.permissions} marked={value} mark={t('team.chosen')} />
            </ScrollArea.Autosize>
          )}
        </Read>
      )}
    </>
  );
}
