// Rows of the audit trail; a row opens what was before and after.
import { Button, Modal, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Deed } from '../../api/shapes';
import { type Column, DataTable } from '../../components/data_table';
import { JsonView } from '../../components/json_view';
import { dateTime, UNKNOWN } from '../../format';

export function DeedTable({ rows, withObject = true }: { rows: Deed[]; withObject?: boolean }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<Deed | null>(null);
  const columns = useMemo<Column<Deed>[]>(
    () => [
      { id: 'at', head: t('audit.at'), cell: (deed) => <span className="num">{dateTime(deed.at)}</span> },
      { id: 'actor', head: t('audit.actor'), cell: (deed) => deed.actor },
      { id: 'action', head: t('audit.action'), cell: (deed) => <span className="mono">{deed.action}</span> },
      ...(withObject
        ? [
            {
              id: 'object',
              from: 'desktop' as const,
              head: t('audit.object'),
              cell: (deed: Deed) => <span className="mono sub">{deed.object}</span>,
            },
          ]
        : []),
      { id: 'via', from: 'tablet', head: t('audit.via'), cell: (deed) => t(`audit.via_is.${deed.via}`) },
      {
        id: 'open',
        head: t('audit.detail'),
        right: true,
        cell: (deed) => (
          <Button
            size="compact-xs"
            variant="subtle"
            aria-label={t('audit.open_named', { n: deed.seq })}
            onClick={() => setOpen(deed)}
          >
            {t('audit.open')}
          </Button>
        ),
      },
    ],
    [t, withObject],
  );
  return (
    <>
      <DataTable label={t('audit.title')} columns={columns} rows={rows} onOpen={setOpen} />
      <Modal
        opened={open !== null}
        onClose={() => setOpen(null)}
        size="xl"
        title={open ? `${open.action} · ${t('audit.number', { n: open.seq })}` : ''}
        closeButtonProps={{ 'aria-label': t('form.close') }}
      >
        {open && <Detail deed={open} />}
      </Modal>
    </>
  );
}

function Detail({ deed }: { deed: Deed }) {
  const { t } = useTranslation();
  const facts = [
    [t('audit.at'), dateTime(deed.at)],
    [t('audit.actor'), [deed.actor, deed.actor_id].filter(Boolean).join(' · ')],
    [t('audit.object'), deed.object],
    [t('audit.via'), [t(`audit.via_is.${deed.via}`), deed.ip].filter(Boolean).join(' · ')],
    [t('audit.reason'), deed.reason ?? UNKNOWN],
    [t('audit.request'), deed.request_id ?? UNKNOWN],
    [t('audit.hash'), deed.hash],
  ];
  return (
    <Stack>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd style={{ overflowWrap: 'anywhere' }}>{value}</dd>
          </div>
        ))}
      </dl>
      {(['before', 'after'] as const).map((side) => (
        <div key={side}>
          <Text fw={600} size="sm" mb={4}>
            {t(`audit.${side}`)}
          </Text>
          {deed[side] ? <JsonView value={deed[side]} /> : <Text size="sm">{UNKNOWN}</Text>}
        </div>
      ))}
    </Stack>
  );
}
