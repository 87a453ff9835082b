// The pane beside the log: request, response, repairs, raw frames.
import { Button, CloseButton, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconRepeat } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LogEntry } from '../../api/shapes';
import { useCan } from '../../components/can';
import { CopyButton } from '../../components/copy_line';
import { JsonView } from '../../components/json_view';
import { Empty } from '../../components/page_state';
import { Flag } from '../../components/status_badge';
import { clock, dateTime, pretty } from '../../format';
import { keepForAgain } from '../commands/again';
import { deviationsOf, type LogRow } from './pairing';

/** The frame as it was on the wire, as far as the log keeps it. */
export function frame(entry: LogEntry): string {
  const id = JSON.stringify(entry.message_id);
  const payload = entry.payload ?? '{}';
  switch (entry.kind) {
    case 'call':
      return `[2,${id},${JSON.stringify(entry.action)},${payload}]`;
    case 'result':
      return `[3,${id},${payload}]`;
    case 'send':
      return `[6,${id},${JSON.stringify(entry.action)},${payload}]`;
    default:
      return payload;
  }
}

type Props = {
  row: LogRow;
  /** Whether it stands among those of other stations. */
  fleet: boolean;
  narrow: (next: { message_id?: string; session_id?: string }) => void;
  close: () => void;
};

export function LogDetail({ row, fleet, narrow, close }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const navigate = useNavigate();
  const [part, setPart] = useState('both');
  const odd = deviationsOf(row);
  const message = row.call?.message_id ?? row.answer?.message_id;
  const session = row.call?.session_id ?? row.answer?.session_id;
  const shown = (entry: LogEntry | null, name: string) =>
    entry ? (
      <div>
        <Group justify="space-between" mb={4}>
          <Text size="xs" c="dimmed">
            {name} · {clock(entry.at, true)}{' '}
            {entry.error_code && <span className="mono tonebad">{entry.error_code}</span>}
          </Text>
          <CopyButton text={pretty(entry.payload ?? '')} what={name} />
        </Group>
        <JsonView value={entry.payload ?? ''} label={name} />
      </div>
    ) : null;
  return (
    <aside className="card" aria-label={t('log.detail')} style={{ alignSelf: 'start' }}>
      <Group justify="space-between" mb={10} wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <h2 style={{ margin: 0, overflowWrap: 'anywhere' }}>{row.action || t('log.detail')}</h2>
          <Text size="xs" c="dimmed">
            {row.direction === 'in' ? t('log.in') : t('log.out')} · {dateTime(row.at)}
            {row.latency !== null && ` · ${row.latency} ms`}
          </Text>
        </div>
        <CloseButton onClick={close} aria-label={t('form.close')} />
      </Group>
      <SegmentedControl
        size="xs"
        fullWidth
        mb={12}
        aria-label={t('log.parts')}
        value={part}
        onChange={setPart}
        data={[
          { value: 'both', label: t('log.both_parts') },
          { value: 'repairs', label: t('log.repairs', { count: odd.length }) },
          { value: 'raw', label: t('log.raw') },
        ]}
      />
      {part === 'both' && (
        <Stack gap={12}>
          {shown(row.call, t('log.request'))}
          {shown(row.answer, t('log.response'))}
          {!row.answer && row.call?.kind === 'call' && (
            <Text size="sm" className="tonehold">
              {t('log.unanswered')}
            </Text>
          )}
        </Stack>
      )}
      {part === 'repairs' &&
        (odd.length === 0 ? (
          <Empty title={t('log.no_repairs')} />
        ) : (
          <ul className="plain">
            {odd.map((one) => (
              <li key={`${one.code}${one.path}${one.text}`} style={{ display: 'block' }}>
                <Group gap={8}>
                  <Flag word={one.code} />
                  {one.path && <span className="mono sub">{one.path}</span>}
                </Group>
                <Text size="sm" mt={4}>
                  {one.text}
                </Text>
              </li>
            ))}
          </ul>
        ))}
      {part === 'raw' && (
        <Stack gap={12}>
          {[row.call, row.answer].map(
            (entry) =>
              entry && (
                <div key={entry.id}>
                  <Group justify="flex-end" mb={4}>
                    <CopyButton text={frame(entry)} what={t('log.raw')} />
                  </Group>
                  {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long frames scroll */}
                  <pre className="json" tabIndex={0} role="region" aria-label={t('log.raw')}>
                    {frame(entry)}
                  </pre>
                </div>
              ),
          )}
        </Stack>
      )}
      {row.direction === 'out' && row.call?.kind === 'call' && can('stations.raw_ocpp') && (
        <Button
          mt={12}
          size="xs"
          variant="default"
          leftSection={<IconRepeat size={14} />}
          onClick={() => {
            keepForAgain(row.action, row.call?.payload ?? '{}');
            void navigate({
              to: '/stations/$id/commands',
              params: { id: row.station },
              search: { form: 'raw', action: row.action },
            });
          }}
        >
          {t('log.again')}
        </Button>
      )}
      <Group gap={14} mt={12}>
        {fleet && (
          <Link to="/stations/$id" params={{ id: row.station }}>
            {row.identity}
          </Link>
        )}
        {session && (
          <>
            <Link to="/sessions/$id" params={{ id: session }}>
              {t('log.session')}
            </Link>
            <Button size="compact-xs" variant="subtle" onClick={() => narrow({ session_id: session })}>
              {t('log.only_session')}
            </Button>
          </>
        )}
        {message && (
          <Button size="compact-xs" variant="subtle" onClick={() => narrow({ message_id: message })}>
            {t('log.only_message')}
          </Button>
        )}
      </Group>
    </aside>
  );
}
