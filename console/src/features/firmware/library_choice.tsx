// A file of the firmware library, chosen in place of an address.
import { Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { firmwareFiles } from '../../api/queries';

export function LibraryChoice({
  value,
  error,
  set,
}: {
  value: string;
  error?: string;
  set: (id: string) => void;
}) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(firmwareFiles);
  const files = query.data?.pages.flatMap((page) => page.data) ?? [];
  const ready = files.filter((file) => file.size_bytes !== null);
  if (ready.length === 0) return null;
  return (
    <Select
      label={t('commands.field.firmware_file_id')}
      placeholder={t('firmware.by_address')}
      clearable
      clearButtonProps={{ 'aria-label': t('form.clear') }}
      value={value || null}
      error={error}
      onChange={(id) => set(id ?? '')}
      data={ready.map((file) => ({
        value: file.id,
        label: `${file.vendor} ${file.version} (${file.name})`,
      }))}
    />
  );
}
