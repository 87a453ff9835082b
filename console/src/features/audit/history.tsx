// What was done to one thing: its slice of the audit trail.
import { IconHistory } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { audit } from '../../api/queries';
import { useCan } from '../../components/can';
import { PagedRead } from '../../components/data_table';
import { Empty } from '../../components/page_state';
import { DeedTable } from './deed_table';

export function History({ object }: { object: string }) {
  const { t } = useTranslation();
  const may = useCan()('audit.view', null);
  const query = useInfiniteQuery({ ...audit({ object }), enabled: may });
  if (!may) return null;
  return (
    <section style={{ marginTop: 24 }}>
      <h2>{t('audit.history')}</h2>
      <PagedRead query={query} empty={<Empty icon={<IconHistory size={22} />} title={t('audit.none')} />}>
        {(rows) => <DeedTable rows={rows} withObject={false} />}
      </PagedRead>
    </section>
  );
}
