// EV drivers: found by anything that names them, and added.
import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconPlus, IconSearch, IconUsersGroup } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { drivers } from '../../api/queries';
import type { Driver } from '../../api/shapes';
import { CanOrAddOn } from '../../components/add_on';
import { type Column, DataTable, PagedRead } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty, PageHead } from '../../components/page_state';
import { Ago } from '../../components/values';
import { UNKNOWN } from '../../format';
import { DriverForm } from './driver_form';
import { DriverState } from './driver_state';

export function DriversPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 250);
  const [state, setState] = useState('');
  const [adding, add] = useDisclosure(false);
  const query = useInfiniteQuery(drivers({ q, state }));
  const columns = useMemo<Column<Driver>[]>(
    () => [
      {
        id: 'name',
        head: t('drivers.name'),
        cell: (one) => (
          <Link to="/drivers/$id" params={{ id: one.id }} className="rowlink">
            {one.name || t('drivers.erased')}
          </Link>
        ),
      },
      { id: 'state', head: t('drivers.state'), cell: (one) => <DriverState state={one.state} /> },
      { id: 'email', from: 'desktop', head: t('drivers.email'), cell: (one) => one.email ?? UNKNOWN },
      { id: 'plate', from: 'tablet', head: t('drivers.plate'), cell: (one) => one.plate ?? UNKNOWN },
      { id: 'tokens', from: 'tablet', head: t('drivers.tokens'), right: true, cell: (one) => one.tokens },
      { id: 'used', head: t('drivers.used'), cell: (one) => <Ago at={one.last_used_at} /> },
    ],
    [t],
  );
  const create = (
    <CanOrAddOn do="drivers.add" at={null} word={t('drivers.add')}>
      <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
        {t('drivers.add')}
      </Button>
    </CanOrAddOn>
  );
  return (
    <>
      <PageHead title={t('drivers.title')} text={t('drivers.text')}>
        <Download path="/drivers" query={{ q, state }} name="drivers" need="drivers.report" />
        {create}
      </PageHead>
      <div className="filters">
        <TextInput
          data-filter
          w={320}
          aria-label={t('drivers.find')}
          placeholder={t('drivers.find')}
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={<kbd className="key">/</kbd>}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          aria-label={t('drivers.state')}
          w={190}
          allowDeselect={false}
          value={state}
          onChange={(value) => setState(value ?? '')}
          data={[
            { value: '', label: t('drivers.current') },
            ...(['active', 'blocked', 'archived'] as const).map((one) => ({
              value: one,
              label: t(`drivers.state_is.${one}`),
            })),
          ]}
        />
      </div>
      <PagedRead
        query={query}
        empty={
          <Empty
            icon={<IconUsersGroup size={22} />}
            title={q || state ? t('drivers.none_match') : t('drivers.none')}
            text={q || state ? undefined : t('drivers.none_text')}
            action={q || state ? undefined : create}
          />
        }
      >
        {(rows) => (
          <DataTable
            label={t('drivers.title')}
            columns={columns}
            rows={rows}
            onOpen={(one) => void navigate({ to: '/drivers/$id', params: { id: one.id } })}
          />
        )}
      </PagedRead>
      {adding && (
        <DriverForm
          close={add.close}
          done={(made) => void navigate({ to: '/drivers/$id', params: { id: made.id } })}
        />
      )}
    </>
  );
}
