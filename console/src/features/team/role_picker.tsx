// The roles that one may give; beside them, the matrix of what each allows, as it is enforced.
import { Button, Checkbox, Group, ScrollArea, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconInfoCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { roles } from '../../api/queries';
import { Read } from '../../components/page_state';
import { RightsMatrix } from '../roles/rights_matrix';
import { useTeamRights } from './team_rights';

export function RolePicker({
  value,
  onChange,
  error,
  fixed = false,
}: {
  value: string[];
  onChange: (value: string[]) => void;
  error?: React.ReactNode;
  /** The roles are told and not chosen here. */
  fixed?: boolean;
}) {
  const { t } = useTranslation();
  const { give } = useTeamRights();
  const all = useQuery(roles);
  const [shown, show] = useDisclosure(false);
  // What one may not give is not offered; what somebody has of it stays, and is told.
  const givable = (all.data?.roles ?? []).filter((role) => !fixed && give(role.key));
  const kept = (all.data?.roles ?? []).filter((role) => value.includes(role.key) && !givable.includes(role));
  return (
    <>
      {givable.length > 0 && (
        <Checkbox.Group value={value} onChange={onChange} error={error} label={t('team.roles')}>
          <Stack gap={8} mt={6}>
            {givable.map((role) => (
              <Checkbox
                key={role.key}
                value={role.key}
                label={t(`role.${role.key}`, { defaultValue: role.title })}
                description={t(`role_text.${role.key}`)}
              />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
      {kept.length > 0 && (
        <Text size="sm">
          {t(givable.length > 0 ? 'team.keeps' : 'team.has', {
            roles: kept.map((role) => t(`role.${role.key}`, { defaultValue: role.title })).join(', '),
          })}
        </Text>
      )}
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
