// Templates of settings: what all stations of a model and firmware should be set to.
import { Button } from '@mantine/core';
import { IconPlus, IconTemplate } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Can } from '../../components/can';
import { type Column, DataTable } from '../../components/data_table';
import { Empty, PageHead, Read } from '../../components/page_state';
import { Ago } from '../../components/values';
import { type Template, templates } from './reads';

const fitOf = ({ says }: Template) =>
  [
    says.vendor,
    says.model,
    (says.firmware_from || says.firmware_to) && `${says.firmware_from ?? ''} – ${says.firmware_to ?? ''}`,
  ]
    .filter(Boolean)
    .join(' · ');

export function TemplatesPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const query = useQuery(templates);
  const columns = useMemo<Column<Template>[]>(
    () => [
      {
        id: 'name',
        head: t('templates.name'),
        sort: (one) => one.says.name,
        cell: (one) => (
          <Link to="/templates/$id" params={{ id: one.id }} className="rowlink">
            {one.says.name}
          </Link>
        ),
      },
      { id: 'fit', head: t('templates.fit'), cell: (one) => fitOf(one) || t('templates.all') },
      {
        id: 'how',
        from: 'tablet',
        head: t('templates.counts_for'),
        cell: (one) => (one.says.automatic ? t('templates.automatic') : t('templates.chosen')),
      },
      { id: 'values', head: t('templates.values'), right: true, cell: (one) => one.says.values.length },
      { id: 'drift', head: t('configuration.drift'), right: true, cell: (one) => one.drift },
      { id: 'version', head: t('templates.version'), right: true, cell: (one) => one.version },
      { id: 'at', from: 'desktop', head: t('templates.edited'), cell: (one) => <Ago at={one.edited_at} /> },
    ],
    [t],
  );
  const add = (
    <Can do="stations.configure.batch">
      <Button
        leftSection={<IconPlus size={16} />}
        onClick={() => void navigate({ to: '/templates/$id', params: { id: 'new' } })}
      >
        {t('templates.add')}
      </Button>
    </Can>
  );
  return (
    <>
      <PageHead title={t('templates.title')} text={t('templates.text')}>
        {add}
      </PageHead>
      <Read query={query} rows={6}>
        {(rows) =>
          rows.length === 0 ? (
            <div className="card">
              <Empty icon={<IconTemplate size={22} />} title={t('templates.none')} action={add} />
            </div>
          ) : (
            <DataTable
              label={t('templates.title')}
              columns={columns}
              rows={rows}
              complete
              onOpen={(one) => void navigate({ to: '/templates/$id', params: { id: one.id } })}
            />
          )
        }
      </Read>
    </>
  );
}
