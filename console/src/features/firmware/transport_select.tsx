// By which road a file goes to or comes from a station.
import { Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function TransportSelect({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation();
  return (
    <Select
      label={t('transfer.transport')}
      allowDeselect={false}
      value={value}
      onChange={(chosen) => onChange(chosen ?? 'http')}
      data={[
        { value: 'http', label: 'HTTP' },
        { value: 'ftp', label: 'FTP' },
      ]}
    />
  );
}
