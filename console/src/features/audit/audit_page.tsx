// The audit trail of the organisation: filtered, opened, taken away as a file.
import { Select, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconHistory, IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { audit } from '../../api/queries';
import { useCan } from '../../components/can';
import { PagedRead } from '../../components/data_table';
import { Download } from '../../components/download';
import { Empty, PageHead } from '../../components/page_state';
import { PersonPicker } from '../../components/person_picker';
import { DeedTable } from './deed_table';

const VIAS = ['page', 'api', 'key', 'cli', 'system'] as const;

export function AuditPage() {
  const { t } = useTranslation();
  const [action, setAction] = useState('');
  const [object, setObject] = useState('');
  const [via, setVia] = useState('');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const [actor, setActor] = useState<string | null>(null);
  const can = useCan();
  const asked = {
    action: useDebouncedValue(action.trim(), 300)[0],
    object: useDebouncedValue(object.trim(), 300)[0],
    via,
    actor: actor ?? '',
    from: from ? new Date(from).toISOString() : '',
    to: until ? new Date(until).toISOString() : '',
  };
  const query = useInfiniteQuery(audit(asked));
  const narrowed = Object.values(asked).some(Boolean);
  return (
    <>
      <PageHead title={t('audit.title')} text={t('audit.text')}>
        <Download path="/audit" query={asked} name="audit" need="audit.view" />
      </PageHead>
      <div className="filters">
        <TextInput
          data-filter
          w={230}
          aria-label={t('audit.action')}
          placeholder={t('audit.action_text')}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={action}
          onChange={(event) => setAction(event.currentTarget.value)}
        />
        <TextInput
          w={300}
          aria-label={t('audit.object')}
          placeholder={t('audit.object_text')}
          value={object}
          onChange={(event) => setObject(event.currentTarget.value)}
        />
        <Select
          w={170}
          aria-label={t('audit.via')}
          allowDeselect={false}
          value={via}
          onChange={(value) => setVia(value ?? '')}
          data={[
            { value: '', label: t('audit.any_way') },
            ...VIAS.map((one) => ({ value: one, label: t(`audit.via_is.${one}`) })),
          ]}
        />
        <TextInput
          type="datetime-local"
          w={210}
          aria-label={t('audit.from')}
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          w={210}
          aria-label={t('audit.until')}
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
        {can('team.members.view', null) && (
          <PersonPicker
            aria={t('audit.who')}
            placeholder={t('audit.who')}
            value={actor}
            onChange={setActor}
          />
        )}
      </div>
      <PagedRead
        query={query}
        empty={
          <Empty
            icon={<IconHistory size={22} />}
            title={narrowed ? t('audit.none_match') : t('audit.none')}
          />
        }
      >
        {(rows) => <DeedTable rows={rows} />}
      </PagedRead>
    </>
  );
}
