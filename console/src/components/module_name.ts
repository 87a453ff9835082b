// Modules and permissions in the reader's language, by the names that the server gives them.
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';

/** `Station management/Logs` → `station_management`, `logs`. */
const slug = (name: string) =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');

/** A pair as `Module/Submodule`, a module as a whole as `Module/` or `Module`, or the key of a paid one. */
export function useModuleName() {
  const { t } = useTranslation();
  return (name: string): string => {
    const paid = t(`paid.${name}`, { defaultValue: '' });
    if (paid) return paid;
    const parts = name.split('/').filter(Boolean);
    return parts.map((part) => t(`module.${slug(part)}`, { defaultValue: part })).join(' › ');
  };
}

/** A permission by its name, as `stations.list`; the server's English title where there is no word. */
export function usePermissionTitle() {
  const { t } = useTranslation();
  return useCallback(
    (key: string, title?: string): string =>
      t(`permission.${key.replaceAll('.', '_')}`, { defaultValue: title ?? key }),
    [t],
  );
}
