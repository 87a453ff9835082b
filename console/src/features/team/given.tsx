// What an invitation or a membership gives beside roles: where it reaches, or a level at one site.
import { MultiSelect, Radio, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useSites } from '../../components/use_sites';
import { LEVELS, useAccessRights } from '../site_access/access_rights';

/** The bindings of a form's field. */
type Field<V> = { value?: V; onChange: (value: V) => void; error?: ReactNode };

/** Only these sites; none chosen is the whole organisation. */
export function SitesField(field: Field<string[]>) {
  const { t } = useTranslation();
  const places = useSites();
  return (
    <MultiSelect
      label={t('team.sites')}
      description={t('team.sites_text')}
      searchable
      data={places.map((site) => ({ value: site.id, label: site.name }))}
      {...field}
    />
  );
}

/** The levels that the person signed in may give at a site. */
export function LevelField({ site, ...field }: { site: string } & Field<string>) {
  const { t } = useTranslation();
  const mayGive = useAccessRights(site);
  return (
    <Radio.Group label={t('access.level')} {...field}>
      <Stack gap={8} mt={6}>
        {LEVELS.filter((level) => mayGive(level)).map((level) => (
          <Radio
            key={level}
            value={level}
            label={t(`level.${level}`)}
            description={t(`level_text.${level}`)}
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
