// The log of all stations within reach.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { PageHead } from '../../components/page_state';
import { LogInspector } from './log_inspector';

export function LogPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: '/shell/logs' });
  const navigate = useNavigate({ from: '/logs' });
  return (
    <>
      <PageHead title={t('log.title')} text={t('log.text')} />
      <LogInspector
        search={search}
        set={(next) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true })}
      />
    </>
  );
}
