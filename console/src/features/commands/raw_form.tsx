// Raw OCPP: any action with a JSON payload; the server checks it against the official schema.
import { Autocomplete, Button, Group, Stack, Table, Text, Textarea } from '@mantine/core';
import { IconBraces, IconSend } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Station } from '../../api/contract';
import { keys, ocppActions } from '../../api/queries';
import { JsonView } from '../../components/json_view';
import { ProblemAlert } from '../../components/page_state';
import { Fine, Flag } from '../../components/status_badge';
import { pretty } from '../../format';
import { issueRaw } from './issue';

/** Null when the text is a JSON object, else what is wrong with it. */
export function jsonFault(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? null : 'object';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function RawForm({ station }: { station: Station }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const known = useQuery(ocppActions(station.id));
  const [action, setAction] = useState('');
  const [payload, setPayload] = useState('{}');
  const [took, setTook] = useState<number | null>(null);
  const fault = jsonFault(payload);
  const fields = known.data?.actions.find((one) => one.action === action)?.fields ?? [];
  const send = useMutation({
    mutationFn: () => {
      const began = performance.now();
      return issueRaw(station.id, action.trim(), payload).finally(() => setTook(performance.now() - began));
    },
    onSettled: () => void client.invalidateQueries({ queryKey: [...keys.station(station.id), 'commands'] }),
  });
  const answer = send.data;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t('commands.raw_hint')}
        </Text>
        <Autocomplete
          label={t('commands.action')}
          required
          data={known.data?.actions.map((one) => one.action) ?? []}
          value={action}
          onChange={setAction}
          maxDropdownHeight={300}
          spellCheck={false}
        />
        <Textarea
          label={t('commands.payload')}
          autosize
          minRows={7}
          maxRows={22}
          value={payload}
          onChange={(event) => setPayload(event.currentTarget.value)}
          error={fault === 'object' ? t('commands.must_be_object') : fault}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.82rem' } }}
        />
        {fields.length > 0 && (
          <details>
            <summary className="sub" style={{ cursor: 'pointer' }}>
              {t('commands.fields', { count: fields.length })}
            </summary>
            <Table fz="xs" mt={6}>
              <Table.Tbody>
                {fields.map((field) => (
                  <Table.Tr key={field.path}>
                    <Table.Td className="mono">{field.path}</Table.Td>
                    <Table.Td>
                      {field.type}
                      {field.required ? ` · ${t('commands.required')}` : ''}
                      {field.max_length ? ` · ≤ ${field.max_length}` : ''}
                    </Table.Td>
                    <Table.Td>{field.enum?.join(' | ')}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </details>
        )}
        <Group justify="space-between">
          <Button
            variant="subtle"
            color="gray"
            leftSection={<IconBraces size={15} />}
            disabled={fault !== null}
            onClick={() => setPayload(pretty(payload))}
          >
            {t('commands.lay_out')}
          </Button>
          <Button
            type="submit"
            loading={send.isPending}
            disabled={!station.online || fault !== null || action.trim() === ''}
            leftSection={<IconSend size={15} />}
          >
            {t('commands.send_now')}
          </Button>
        </Group>
        {send.isError && <ProblemAlert error={send.error} />}
        {answer && (
          <Stack gap={8} data-testid="answer">
            <Group gap={10}>
              {answer.result === 'accepted' ? (
                <Fine word={t('commands.result.accepted')} />
              ) : (
                <Flag tone="bad" word={t(`commands.result.${answer.result}`)} />
              )}
              {took !== null && (
                <span className="sub num">{t('commands.took', { ms: Math.round(took) })}</span>
              )}
            </Group>
            {answer.error != null && <JsonView value={answer.error} label={t('commands.answer')} />}
            {answer.payload != null && <JsonView value={answer.payload} label={t('commands.answer')} />}
          </Stack>
        )}
      </Stack>
    </form>
  );
}
