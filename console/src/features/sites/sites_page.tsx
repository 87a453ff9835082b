// Sites: places with stations; list, create, edit.
import { Button, Group } from '@mantine/core';
import { IconBuildingStore, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { remove } from '../../api/client';
import { me, sites } from '../../api/queries';
import type { Site } from '../../api/shapes';
import { CanOrAddOn } from '../../components/add_on';
import { useCan } from '../../components/can';
import { ask } from '../../components/confirm';
import { type Column, DataTable } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty, PageHead, ProblemAlert, Read } from '../../components/page_state';
import { count, UNKNOWN } from '../../format';

const SiteLockWindow = lazy(() => import('./site_lock'));
const SiteForm = lazy(() => import('./site_form'));

export function SitesPage() {
  const { t } = useTranslation();
  const can = useCan();
  const client = useQueryClient();
  const query = useQuery(sites);
  const [open, setOpen] = useState<Site | 'new' | null>(null);
  const [locking, setLocking] = useState<Site | null>(null);
  const who = useQuery(me).data;
  const shared = useMemo(() => new Set(who?.site_rights.map((one) => one.site_id)), [who]);
  const leave = useMutation({
    mutationFn: (site: Site) =>
      remove(`/sites/${site.id}/access/${who?.user.id}?confirm=${encodeURIComponent(who?.user.name ?? '')}`),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['me'] });
      void client.invalidateQueries({ queryKey: ['sites'] });
      void client.invalidateQueries({ queryKey: ['stations'] });
    },
  });
  const go = leave.mutate;
  const mayEdit =
    shared.size > 0 || can('sites.edit') || can('sites.access.manage') || can('stations.configure');
  const columns = useMemo<Column<Site>[]>(
    () => [
      {
        id: 'name',
        head: t('sites.name'),
        sort: (site) => site.name,
        cell: (site) => (
          <>
            <Link to="/stations" search={{ site_id: site.id }} className="rowlink">
              {site.name}
            </Link>
            <div className="sub">{[site.address, site.city, site.country].filter(Boolean).join(', ')}</div>
          </>
        ),
      },
      {
        id: 'stations',
        head: t('nav.stations'),
        right: true,
        sort: (site) => site.stations,
        cell: (site) => <span className="num">{count(site.stations)}</span>,
      },
      {
        id: 'state',
        head: t('station.admin_state'),
        cell: (site) =>
          site.admin_state
            ? t(`admin_state.${site.admin_state}`, { defaultValue: site.admin_state })
            : UNKNOWN,
      },
      {
        id: 'access',
        from: 'desktop',
        head: t('sites.accessibility'),
        cell: (site) =>
          site.accessibility
            ? t(`accessibility.${site.accessibility}`, { defaultValue: site.accessibility })
            : UNKNOWN,
      },
      {
        id: 'zone',
        from: 'desktop',
        head: t('sites.time_zone'),
        cell: (site) => <span className="quiet">{site.time_zone ?? UNKNOWN}</span>,
      },
      ...(mayEdit
        ? [
            {
              id: 'edit',
              head: t('tokens.actions'),
              right: true,
              cell: (site: Site) => (
                <Group gap={4} justify="flex-end" wrap="nowrap">
                  {can('stations.configure', site.id) && (
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      onClick={() => setLocking(site)}
                      aria-label={t('lock.site', { name: site.name })}
                    >
                      {t('lock.lock')}
                    </Button>
                  )}
                  {can('sites.access.manage', site.id) && (
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      renderRoot={(props) => (
                        <Link to="/sites/$id/access" params={{ id: site.id }} {...props} />
                      )}
                      aria-label={t('access.of', { name: site.name })}
                    >
                      {t('access.title')}
                    </Button>
                  )}
                  {shared.has(site.id) && (
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      color="red"
                      aria-label={t('access.leave_named', { name: site.name })}
                      onClick={() =>
                        ask({
                          title: t('access.leave_named', { name: site.name }),
                          text: t('access.leave_text', { name: site.name }),
                          yes: t('access.leave'),
                          red: true,
                          onYes: () => go(site),
                        })
                      }
                    >
                      {t('access.leave')}
                    </Button>
                  )}
                  {can('sites.edit', site.id) && (
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      onClick={() => setOpen(site)}
                      aria-label={t('sites.edit_named', { name: site.name })}
                    >
                      {t('form.edit')}
                    </Button>
                  )}
                </Group>
              ),
            },
          ]
        : []),
    ],
    [t, mayEdit, shared, go],
  );
  const create = (
    <CanOrAddOn do="sites.edit" at={null} word={t('sites.add')}>
      <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen('new')}>
        {t('sites.add')}
      </Button>
    </CanOrAddOn>
  );
  return (
    <>
      <PageHead title={t('nav.sites')} text={t('sites.text')}>
        <Download path="/sites" name="sites" need="stations.report" />
        {create}
      </PageHead>
      {leave.isError && <ProblemAlert error={leave.error} />}
      <Read query={query} rows={6}>
        {(page) =>
          page.data.length === 0 ? (
            <div className="card">
              <Empty
                icon={<IconBuildingStore size={22} />}
                title={t('sites.none')}
                text={t('sites.none_text')}
                action={create}
              />
            </div>
          ) : (
            <DataTable
              label={t('nav.sites')}
              columns={columns}
              rows={page.data}
              complete
              onOpen={mayEdit ? (site) => can('sites.edit', site.id) && setOpen(site) : undefined}
            />
          )
        }
      </Read>
      {locking && (
        <Suspense fallback={null}>
          <SiteLockWindow site={locking} close={() => setLocking(null)} />
        </Suspense>
      )}
      {open && (
        <Suspense fallback={null}>
          <SiteForm site={open === 'new' ? null : open} close={() => setOpen(null)} />
        </Suspense>
      )}
    </>
  );
}
