// The sheet behind `?`.
import { Modal, Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { usePlaces } from './places';

const KEYS: [string[], string][] = [
  [['Ctrl', 'K'], 'palette'],
  [['/'], 'filter'],
  [['j'], 'down'],
  [['k'], 'up'],
  [['Enter'], 'open'],
  [['?'], 'sheet'],
];

export default function KeySheet({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const rows = [
    ...KEYS.map(([keys, what]) => ({ keys, what: t(`keys.${what}`) })),
    ...usePlaces()
      .filter((place) => place.may && place.key)
      .map((place) => ({ keys: ['g', place.key ?? ''], what: t(place.word) })),
  ];
  return (
    <Modal
      opened
      onClose={close}
      title={t('keys.title')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <Table>
        <Table.Tbody>
          {rows.map(({ keys, what }) => (
            <Table.Tr key={what}>
              <Table.Td w={110}>
                {keys.map((key) => (
                  <kbd className="key" key={key} style={{ marginRight: 4 }}>
                    {key}
                  </kbd>
                ))}
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
