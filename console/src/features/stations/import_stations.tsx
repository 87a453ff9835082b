// Stations out of a CSV file: what would become of each row first, then the import, then the passwords
// that were drawn, which are shown only here.
import { Alert, Badge, Button, FileInput, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDownload, IconFileImport, IconKey } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/client';
import { keys } from '../../api/queries';
import type { Import, ImportRow } from '../../api/shapes';
import { useCan } from '../../components/can';
import { fieldText } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { passwordFile } from './password_file';

/** More rows than that say nothing more to a person. */
const SHOWN = 300;
const COLOURS = { made: 'volt', changed: 'blue', same: 'gray', refused: 'red' } as const;

/** The button, for whoever may add many stations at once, and its sheet. */
export function ImportStations() {
  const { t } = useTranslation();
  const can = useCan();
  const [opened, sheet] = useDisclosure(false);
  if (!can('stations.edit.batch', null)) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconFileImport size={16} />} onClick={sheet.open}>
        {t('import_stations.button')}
      </Button>
      {opened && <Sheet close={sheet.close} />}
    </>
  );
}

const send = (file: File, dryRun: boolean) =>
  call<Import>('POST', '/stations/import', {
    body: file,
    query: { dry_run: dryRun },
    headers: { 'content-type': 'text/csv; charset=utf-8' },
  });

function Sheet({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [saved, setSaved] = useState(false);
  const trial = useMutation({ mutationFn: (chosen: File) => send(chosen, true) });
  const carry = useMutation({
    mutationFn: (chosen: File) => send(chosen, false),
    onSuccess: () => {
      for (const queryKey of [keys.stations, keys.unclaimed, keys.overview]) {
        void client.invalidateQueries({ queryKey });
      }
    },
  });
  const choose = (chosen: File | null) => {
    setFile(chosen);
    trial.reset();
    carry.reset();
    if (chosen) trial.mutate(chosen);
  };
  const report = carry.data ?? trial.data;
  const drawn = carry.data?.rows.filter((row) => row.password) ?? [];
  const unsaved = drawn.length > 0 && !saved;
  const willDo = trial.data ? trial.data.made + trial.data.changed : 0;
  return (
    <Modal
      opened
      onClose={close}
      size="xl"
      title={carry.data ? t('import_stations.done') : t('import_stations.title')}
      closeOnClickOutside={!unsaved}
      closeOnEscape={!unsaved}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <Stack>
        {!carry.data && (
          <FileInput
            label={t('import_stations.file')}
            description={t('import_stations.file_hint')}
            placeholder={t('import_stations.choose')}
            accept=".csv,text/csv"
            value={file}
            onChange={choose}
            clearable
            clearButtonProps={{ 'aria-label': t('form.clear') }}
          />
        )}
        {trial.isError && <ProblemAlert error={trial.error} />}
        {carry.isError && <ProblemAlert error={carry.error} />}
        {trial.isPending && (
          <Text size="sm" c="dimmed" role="status">
            {t('import_stations.trying')}
          </Text>
        )}
        {report && <Figures report={report} />}
        {drawn.length > 0 && (
          <Alert color="volt" variant="light" icon={<IconKey aria-hidden />} title={t('add_station.once')}>
            <Stack gap="sm" align="flex-start">
              <Text size="sm">{t('import_stations.passwords', { count: drawn.length })}</Text>
              <Button
                leftSection={<IconDownload size={15} />}
                onClick={() => {
                  save(passwordFile(drawn));
                  setSaved(true);
                }}
              >
                {t('import_stations.download')}
              </Button>
            </Stack>
          </Alert>
        )}
        {report && <Rows report={report} />}
        <Group justify="flex-end">
          {carry.data ? (
            <Button variant={unsaved ? 'default' : 'filled'} onClick={close}>
              {t('form.done')}
            </Button>
          ) : (
            <>
              <Button variant="default" onClick={close}>
                {t('form.cancel')}
              </Button>
              <Button
                disabled={!file || willDo === 0}
                loading={carry.isPending}
                onClick={() => file && carry.mutate(file)}
              >
                {t('import_stations.carry', { count: willDo })}
              </Button>
            </>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function save(text: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  link.download = 'station-passwords.csv';
  link.click();
  URL.revokeObjectURL(link.href);
}

const FATES = ['made', 'changed', 'same', 'refused'] as const;

function Figures({ report }: { report: Import }) {
  const { t } = useTranslation();
  return (
    <Stack gap={4} role="status">
      <Text size="sm">
        {report.dry_run ? t('import_stations.would') : t('import_stations.did')}{' '}
        {FATES.map((fate) => t(`import_stations.count_${fate}`, { count: report[fate] })).join(' · ')}
      </Text>
      {report.passed_over.length > 0 && (
        <Text size="xs" c="dimmed">
          {t('import_stations.passed_over', { columns: report.passed_over.join(', ') })}
        </Text>
      )}
    </Stack>
  );
}

function Rows({ report }: { report: Import }) {
  const { t } = useTranslation();
  // What needs a hand comes first.
  const wrong = report.rows.filter((row) => row.outcome === 'refused');
  const rows = [...wrong, ...report.rows.filter((row) => row.outcome !== 'refused')];
  const more = rows.length - SHOWN;
  return (
    <section
      aria-label={t('import_stations.rows')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
      tabIndex={0}
      style={{ maxHeight: 360, overflow: 'auto' }}
    >
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">{t('import_stations.line')}</th>
            <th scope="col">{t('import_stations.outcome')}</th>
            <th scope="col">{t('connect.identity')}</th>
            <th scope="col">{t('import_stations.detail')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row) => (
            <tr key={row.line}>
              <td>{row.line}</td>
              <td>
                <Badge color={COLOURS[row.outcome]} variant="light">
                  {t(`import_stations.fate_${row.outcome}`)}
                </Badge>
              </td>
              <td style={{ overflowWrap: 'anywhere' }}>{row.identity}</td>
              <td style={{ whiteSpace: 'normal' }}>
                <Detail row={row} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {t('import_stations.more', { count: more })}
        </Text>
      )}
    </section>
  );
}

function Detail({ row }: { row: ImportRow }) {
  const { t } = useTranslation();
  if (row.outcome === 'changed') {
    return row.changes
      .map((change) => (change === 'name' ? t('add_station.name') : t('stations.site')))
      .join(', ');
  }
  return row.errors
    .map((one) => {
      const column = one.pointer.replace(/^\//, '');
      return column ? `${column}: ${fieldText(one)}` : fieldText(one);
    })
    .join(' ');
}
