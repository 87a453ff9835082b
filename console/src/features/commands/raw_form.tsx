// Raw OCPP: pick an action, fill the form that the official schema gives, see the JSON beside it, send it,
// read the station's own answer. The server checks it; its pointers become marks at the very fields.
import { Button, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconBraces, IconSend } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../../api/client';
import { keys } from '../../api/queries';
import type { Station } from '../../api/shapes';
import { JsonView } from '../../components/json_view';
import { Empty, Loading, ProblemAlert } from '../../components/page_state';
import { Fine, Flag } from '../../components/status_badge';
import { pretty, protocolName } from '../../format';
import { forgetAgain, keptFor } from './again';
import { blankOf, type Catalogue, catalogueOf, requestOf } from './catalogue';
import { type Node, read, write } from './exact';
import { issueRaw } from './issue';
import { ObjectFields } from './raw_fields';

/** Null when the text is a JSON object, else what is wrong with it. */
export function jsonFault(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? null : 'object';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The places of a refusal by JSON pointer from the payload. */
export function placesOf(error: unknown): Record<string, string> {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(
    error.errors
      .filter((one) => one.pointer.startsWith('/payload'))
      .map((one) => [one.pointer.slice('/payload'.length), one.detail]),
  );
}

const EMPTY: Node = { kind: 'object', entries: [] };
const begin = (catalogue: Catalogue | null, action: string) => {
  const request = catalogue && requestOf(catalogue, action);
  return catalogue && request ? blankOf(catalogue, request) : EMPTY;
};

export function RawForm({
  station,
  head,
  children,
}: {
  station: Station;
  head: ReactNode;
  children: ReactNode;
}) {
  const catalogue = useQuery(catalogueOf(station.protocol));
  if (catalogue.isPending) {
    return (
      <section className="card">
        {head}
        <Loading rows={4} />
      </section>
    );
  }
  return (
    <Panel station={station} catalogue={catalogue.data ?? null} head={head}>
      {children}
    </Panel>
  );
}

function Panel({
  station,
  catalogue,
  head,
  children,
}: {
  station: Station;
  catalogue: Catalogue | null;
  head: ReactNode;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const search = useSearch({ from: '/shell/stations/$id/commands' });
  const navigate = useNavigate({ from: '/stations/$id/commands' });
  const action = search.action ?? '';
  const [tree, setTree] = useState<Node>(() => {
    const again = keptFor(action);
    return again !== null && jsonFault(again) === null ? read(again) : begin(catalogue, action);
  });
  useEffect(forgetAgain, []);
  /** What is typed in the JSON view while it is not JSON, or not laid out as we would. */
  const [typed, setTyped] = useState<string | null>(null);
  const payload = typed ?? write(tree);
  const fault = jsonFault(payload);
  const request = catalogue && requestOf(catalogue, action);
  const send = useMutation({
    mutationFn: () => issueRaw(station.id, action.trim(), payload),
    onSettled: () => void client.invalidateQueries({ queryKey: [...keys.station(station.id), 'commands'] }),
  });
  const errors = placesOf(send.error);
  useEffect(() => {
    if (send.isError) document.querySelector<HTMLElement>('.rawgrid input[aria-invalid="true"]')?.focus();
  }, [send.isError]);
  const choose = (next: string) => {
    send.reset();
    setTyped(null);
    setTree(begin(catalogue, next));
    void navigate({ search: { form: 'raw', action: next || undefined }, replace: true });
  };
  const charging = station.evses.filter((evse) => evse.session_id).map((evse) => evse.number);
  const blocks = new Map<string, string[]>();
  for (const [name, [block]] of Object.entries(catalogue?.actions ?? {})) {
    blocks.set(block, [...(blocks.get(block) ?? []), name]);
  }
  return (
    <>
      <section className="card" aria-labelledby="send">
        {head}
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
            {catalogue ? (
              <Select
                label={t('commands.action')}
                description={protocolName(station.protocol)}
                placeholder={t('commands.pick_action')}
                searchable
                nothingFoundMessage={t('palette.nothing')}
                data={[...blocks].sort().map(([group, items]) => ({ group, items: items.sort() }))}
                value={request ? action : null}
                onChange={(next) => choose(next ?? '')}
                maxDropdownHeight={360}
              />
            ) : (
              <TextInput
                label={t('commands.action')}
                description={t('commands.no_catalogue')}
                value={action}
                onChange={(event) => choose(event.currentTarget.value)}
                spellCheck={false}
              />
            )}
            {request && catalogue && (
              <fieldset className="bare" disabled={fault !== null} data-testid="raw-fields">
                {(catalogue.shapes[request.of ?? ''] ?? []).length === 0 ? (
                  <Text size="sm" c="dimmed">
                    {t('commands.no_fields')}
                  </Text>
                ) : (
                  <ObjectFields
                    key={action}
                    catalogue={catalogue}
                    shape={request.of ?? ''}
                    node={tree}
                    change={(next) => {
                      setTyped(null);
                      setTree(next);
                    }}
                    at=""
                    errors={errors}
                  />
                )}
              </fieldset>
            )}
            {charging.length > 0 && (
              <Text size="sm" className="tonehold">
                {t('commands.charging_raw', { count: charging.length, evses: charging.join(', ') })}
              </Text>
            )}
            <Group justify="flex-end">
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
            {send.data && (
              <Stack gap={8} data-testid="answer">
                <Group gap={10}>
                  {send.data.result === 'accepted' ? (
                    <Fine word={t('commands.result.accepted')} />
                  ) : (
                    <Flag tone="bad" word={t(`commands.result.${send.data.result}`)} />
                  )}
                  <span className="sub num">{t('commands.took', { ms: Math.round(send.data.took) })}</span>
                </Group>
                {send.data.error && (
                  <Text size="sm" className="tonebad">
                    <span className="mono">{send.data.error.code}</span> {send.data.error.text}
                  </Text>
                )}
                {send.data.payload !== null && (
                  <JsonView value={send.data.payload} label={t('commands.answer')} />
                )}
              </Stack>
            )}
          </Stack>
        </form>
      </section>
      <Stack gap={16}>
        <section className="card" aria-labelledby="payload">
          <div className="cardhead">
            <h2 id="payload" style={{ margin: 0 }}>
              {t('commands.payload')}
            </h2>
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              leftSection={<IconBraces size={15} />}
              disabled={fault !== null}
              onClick={() => setTyped(pretty(payload))}
            >
              {t('commands.lay_out')}
            </Button>
          </div>
          {action || !catalogue ? (
            <Textarea
              aria-label={t('commands.payload')}
              autosize
              minRows={4}
              maxRows={24}
              value={payload}
              onChange={(event) => {
                const next = event.currentTarget.value;
                setTyped(next);
                if (jsonFault(next) === null) setTree(read(next));
              }}
              error={fault === 'object' ? t('commands.must_be_object') : fault}
              spellCheck={false}
              styles={{
                input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.82rem' },
              }}
            />
          ) : (
            <Empty title={t('commands.pick_action')} text={t('commands.pick_action_text')} />
          )}
        </section>
        {children}
      </Stack>
    </>
  );
}
