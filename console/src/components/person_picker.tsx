// One of the members of the organisation, found by name or address.
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { me, member, members } from '../api/queries';
import { rowsOf } from './data_table';

type Props = {
  label?: string;
  /** Its name where no label stands above it. */
  aria?: string;
  /** The id of the person; null for nobody. */
  value: string | null;
  onChange: (id: string | null) => void;
  placeholder?: string;
  w?: number;
};

/** Only for whoever has `team.members.view`. */
export function PersonPicker({ label, aria, value, onChange, placeholder, w = 260 }: Props) {
  const { t } = useTranslation();
  const org = useQuery(me).data?.organisation.id ?? '';
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 250);
  const chosen = useQuery({ ...member(org, value ?? ''), enabled: org !== '' && value !== null }).data;
  // What stands in the field once somebody is chosen is no search.
  const named = chosen && `${chosen.name} · ${chosen.email}`;
  const found = useInfiniteQuery({ ...members(org, { q: q === named ? '' : q }), enabled: org !== '' });
  const people = new Map(rowsOf(found).map((one) => [one.user_id, one]));
  if (chosen) people.set(chosen.user_id, chosen);
  return (
    <Select
      w={w}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('form.clear') }}
      label={label}
      aria-label={aria}
      placeholder={placeholder ?? t('person_picker.find')}
      nothingFoundMessage={t('person_picker.none')}
      // The server has searched; here nothing is left out.
      filter={({ options }) => options}
      data={[...people.values()].map((one) => ({ value: one.user_id, label: `${one.name} · ${one.email}` }))}
      value={value}
      onChange={onChange}
      searchValue={text}
      onSearchChange={setText}
    />
  );
}
