// Why a passkey was not made or shown.
import { Alert } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ProblemAlert } from './page_state';
import { NoPasskey } from './webauthn';

export function PasskeyAlert({ error }: { error: unknown }) {
  const { t } = useTranslation();
  if (!(error instanceof NoPasskey)) return <ProblemAlert error={error} />;
  return (
    <Alert variant="light" color="yellow" role="alert">
      {t(`passkeys.${error.code}`, { host: error.host })}
    </Alert>
  );
}
