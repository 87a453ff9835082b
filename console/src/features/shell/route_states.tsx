// A page that is not there, and a page that failed.
import { Button } from '@mantine/core';
import { IconCompassOff } from '@tabler/icons-react';
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Empty, ProblemAlert } from '../../components/page_state';

export function RouteMissing() {
  const { t } = useTranslation();
  return (
    <Empty
      icon={<IconCompassOff size={24} />}
      title={t('missing.title')}
      text={t('missing.text')}
      action={
        <Button component={Link} to="/" variant="default">
          {t('missing.home')}
        </Button>
      }
    />
  );
}

export function RouteError({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div style={{ maxWidth: 620, margin: '48px auto', padding: 16 }}>
      <ProblemAlert error={error} retry={() => void router.invalidate()} />
    </div>
  );
}
