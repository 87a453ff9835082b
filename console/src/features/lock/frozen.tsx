// What a lock watches, and what is done when it differs.
import { Select, Table, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { patch } from '../../api/client';
import type { StationLock } from '../../api/shapes';
import { ProblemAlert } from '../../components/page_state';
import { nameOf } from './setting_name';

const REACTIONS = ['alert', 'revert', 'quarantine'] as const;
type Held = NonNullable<StationLock['lock']>;
type Setting = Held['frozen'][number];

type Props = { id: string; held: Held; open: boolean; keep: (lock: StationLock) => void };

export default function Frozen({ id, held, open, keep }: Props) {
  const { t } = useTranslation();
  const choose = useMutation({
    mutationFn: ({ name, reaction }: Pick<Setting, 'name' | 'reaction'>) =>
      patch<StationLock>(`/stations/${id}/lock`, { reactions: [{ name, reaction }] }),
    onSuccess: keep,
  });
  return (
    <>
      <Text size="sm" c="dimmed" my="xs">
        {t(open ? 'lock.frozen_text' : 'lock.frozen_closed')}
      </Text>
      {choose.isError && <ProblemAlert error={choose.error} />}
      {/* While a choice is written nothing in it takes the focus, and it is to be scrolled all the same. */}
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a long list scrolls
        tabIndex={0}
        aria-label={t('lock.frozen_list')}
        style={{ overflowX: 'auto', maxHeight: 420, overflowY: 'auto' }}
      >
        <Table stickyHeader aria-label={t('lock.frozen_list')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('variables.name')}</Table.Th>
              <Table.Th>{t('variables.value')}</Table.Th>
              <Table.Th>{t('lock.about')}</Table.Th>
              <Table.Th>{t('lock.reaction')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {held.frozen.map((one) => (
              <Table.Tr key={JSON.stringify(one.name)}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{nameOf(one.name)}</Table.Td>
                <Table.Td className="mono" style={{ overflowWrap: 'anywhere' }}>
                  {one.value}
                </Table.Td>
                <Table.Td>{t(`lock.sphere.${one.sphere}`)}</Table.Td>
                <Table.Td>
                  {open ? (
                    <Select
                      size="xs"
                      w={190}
                      allowDeselect={false}
                      aria-label={t('lock.reaction_of', { name: nameOf(one.name) })}
                      data={REACTIONS.map((value) => ({ value, label: t(`lock.react.${value}`) }))}
                      value={one.reaction}
                      disabled={choose.isPending}
                      onChange={(reaction) =>
                        reaction &&
                        choose.mutate({ name: one.name, reaction: reaction as Setting['reaction'] })
                      }
                    />
                  ) : (
                    t(`lock.react.${one.reaction}`)
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
    </>
  );
}
