// Sign-in by a passkey: no name, no password, no second step.
import { Button, Stack } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import type { Entered, Me } from '../../api/shapes';
import { PasskeyAlert } from '../../components/passkey_alert';
import { type Ceremony, possible, show } from '../../components/webauthn';

export function ByPasskey({ onInside }: { onInside: (person: Me) => Promise<void> }) {
  const { t } = useTranslation();
  const enter = useMutation({
    mutationFn: async () => {
      const begun = await post<Ceremony>('/login/passkey/begin');
      const credential = await show(begun);
      return post<Entered>('/login/passkey', { ceremony: begun.ceremony, credential });
    },
    onSuccess: (entered) => onInside(entered.me),
  });
  // Over plain http the page's banner says why there is none.
  if (!possible()) return null;
  return (
    <Stack mt="md">
      {enter.isError && <PasskeyAlert error={enter.error} />}
      <Button
        variant="default"
        size="md"
        fullWidth
        leftSection={<IconFingerprint size={18} />}
        loading={enter.isPending}
        onClick={() => enter.mutate()}
      >
        {t('passkeys.enter')}
      </Button>
    </Stack>
  );
}
