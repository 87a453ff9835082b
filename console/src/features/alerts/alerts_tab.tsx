// The alerts of one station, its site's among them, and how reliable it was.
import { IconBellCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { stationAlerts, uptime } from '../../api/queries';
import { PagedRead } from '../../components/data_table';
import { Empty } from '../../components/page_state';
import { AlertTable } from './alert_table';
import { Reliability } from './reliability';

export function AlertsTab() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/shell/stations/$id' });
  const query = useInfiniteQuery(stationAlerts(id));
  const seen = useQuery(uptime('stations', id));
  return (
    <>
      {seen.data && <Reliability seen={seen.data} />}
      <PagedRead
        query={query}
        empty={
          <Empty icon={<IconBellCheck size={22} />} title={t('alerts.none')} text={t('alerts.none_text')} />
        }
      >
        {(rows) => <AlertTable rows={rows} />}
      </PagedRead>
    </>
  );
}
