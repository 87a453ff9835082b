// The sheet behind `?`.
import { Modal, Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';

const KEYS: [string[], string][] = [
  [['Ctrl', 'K'], 'palette'],
  [['/'], 'filter'],
  [['j'], 'down'],
  [['k'], 'up'],
  [['Enter'], 'open'],
  [['g', 'o'], 'overview'],
  [['g', 's'], 'stations'],
  [['g', 'e'], 'sessions'],
  [['g', 't'], 'tokens'],
  [['g', 'i'], 'sites'],
  [['g', 'c'], 'connect'],
  [['?'], 'sheet'],
];

export default function KeySheet({ close }: { close: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={close}
      title={t('keys.title')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <Table>
        <Table.Tbody>
          {KEYS.map(([keys, what]) => (
            <Table.Tr key={what}>
              <Table.Td w={110}>
                {keys.map((key) => (
                  <kbd className="key" key={key} style={{ marginRight: 4 }}>
                    {key}
                  </kbd>
                ))}
              </Table.Td>
              <Table.Td>{t(`keys.${what}`)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
