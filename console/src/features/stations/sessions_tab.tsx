// The sessions of one station.
import { IconReceipt2 } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { sessions } from '../../api/queries';
import { PagedRead } from '../../components/data_table';
import { Empty } from '../../components/page_state';
import { SessionTable } from '../sessions/session_table';

export function SessionsTab() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/shell/stations/$id' });
  const query = useInfiniteQuery(sessions({ station_id: id }));
  return (
    <PagedRead
      query={query}
      empty={
        <Empty icon={<IconReceipt2 size={22} />} title={t('sessions.none')} text={t('sessions.none_text')} />
      }
    >
      {(rows) => <SessionTable rows={rows} withStation={false} complete={!query.hasNextPage} />}
    </PagedRead>
  );
}
