// Sign-in at the identity provider, where there is one.
import { Button, Stack } from '@mantine/core';
import { IconBuildingCommunity } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { setupNeeded } from '../../api/queries';
import { ProblemAlert } from '../../components/page_state';
import { depart } from '../../components/provider';

export function ByProvider({ next }: { next: string }) {
  const { t } = useTranslation();
  const name = useQuery(setupNeeded).data?.identity_provider;
  const leave = useMutation({ mutationFn: () => depart(next, false) });
  if (!name) return null;
  return (
    <Stack mt="md">
      {leave.isError && <ProblemAlert error={leave.error} />}
      <Button
        variant="default"
        size="md"
        fullWidth
        leftSection={<IconBuildingCommunity size={18} />}
        loading={leave.isPending || leave.isSuccess}
        onClick={() => leave.mutate()}
      >
        {t('provider.enter', { name })}
      </Button>
    </Stack>
  );
}
