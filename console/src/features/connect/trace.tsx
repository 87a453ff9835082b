// A trace of one station or one address, also before it is registered: its calls and what it says.
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconAntennaBars5 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { strangerFrames, tracedAttempts } from '../../api/queries';
import type { Attempt, StrangerFrame } from '../../api/shapes';
import { JsonView } from '../../components/json_view';
import { Empty, ProblemAlert } from '../../components/page_state';
import { clock } from '../../format';

type Line = { id: string; at: string; from: string; frame?: StrangerFrame; attempt?: Attempt };

/** Whose: an address has dots or colons and nothing but numbers; everything else is a name. */
export function whose(text: string): { remote_ip: string } | { identity: string } {
  const address = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*)$/i.test(text);
  return address ? { remote_ip: text } : { identity: text };
}

/** Calls and frames in one list, the newest first. */
export function merged(attempts: Attempt[], frames: StrangerFrame[]): Line[] {
  const lines: Line[] = [
    ...attempts.map((attempt) => ({ id: attempt.id, at: attempt.at, from: attempt.remote_ip, attempt })),
    ...frames.map((frame) => ({ id: frame.id, at: frame.at, from: frame.remote_ip, frame })),
  ];
  // Frames of one moment stay in their order.
  return lines.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

export function Trace() {
  const { t } = useTranslation();
  const { trace } = useSearch({ from: '/shell/connect' });
  const navigate = useNavigate({ from: '/connect' });
  const [text, setText] = useState(trace ?? '');
  const [shown, setShown] = useState(trace);
  // Somebody else may set it: the list of those that wait.
  if (shown !== trace) {
    setShown(trace);
    setText(trace ?? '');
  }
  const set = (value: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, trace: value }), replace: true });
  const follow = (event: FormEvent) => {
    event.preventDefault();
    set(text.trim() || undefined);
  };
  return (
    <section className="card" aria-labelledby="trace">
      <h2 id="trace" style={{ margin: '0 0 4px' }}>
        {t('trace.title')}
      </h2>
      <Stack gap={12}>
        <Text size="sm" c="dimmed">
          {t('trace.text')}
        </Text>
        <form onSubmit={follow}>
          <Group align="flex-end" gap={10}>
            <TextInput
              style={{ flex: '1 1 220px' }}
              label={t('trace.whose')}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              spellCheck={false}
            />
            <Button type="submit" variant="default">
              {t('trace.follow')}
            </Button>
            {trace && (
              <Button variant="subtle" onClick={() => set(undefined)}>
                {t('trace.end')}
              </Button>
            )}
          </Group>
        </form>
        {trace && <Lines trace={trace} />}
      </Stack>
    </section>
  );
}

function Lines({ trace }: { trace: string }) {
  const { t } = useTranslation();
  const attempts = useQuery(tracedAttempts(whose(trace)));
  const frames = useQuery(strangerFrames(whose(trace)));
  const failed = attempts.error ?? frames.error;
  if (failed) return <ProblemAlert error={failed} />;
  const lines = merged(attempts.data?.data ?? [], frames.data?.data ?? []);
  if (lines.length === 0)
    return (
      <Empty
        icon={<IconAntennaBars5 size={22} />}
        title={t('trace.nothing', { whose: trace })}
        text={t('trace.nothing_text')}
      />
    );
  return (
    <ul className="plain trace" aria-label={t('trace.lines', { whose: trace })}>
      {lines.map((line) => (
        <li key={line.id}>
          <TraceLine line={line} />
        </li>
      ))}
    </ul>
  );
}

function TraceLine({ line }: { line: Line }) {
  const { t } = useTranslation();
  const at = clock(line.at, true);
  if (line.attempt)
    return (
      <div>
        <span className="mono">{at}</span>{' '}
        {t(`outcome.${line.attempt.outcome}`, { defaultValue: line.attempt.outcome })}
        <div className="sub">
          {[line.from, line.attempt.path, line.attempt.detail].filter(Boolean).join(' · ')}
        </div>
      </div>
    );
  const frame = line.frame;
  const direction = frame?.direction === 'in' ? t('trace.in') : t('trace.out');
  return (
    <details>
      <summary>
        <span className="mono">{at}</span> {direction} {frame?.action ?? t(`trace.${frame?.kind}`)}
        {frame?.action && frame.kind !== 'call' && <span className="sub"> {t(`trace.${frame?.kind}`)}</span>}
      </summary>
      <JsonView value={frame?.payload ?? ''} label={frame?.action ?? undefined} />
      {frame?.deviations.map((one) => (
        <div className="sub" key={one.code + one.path}>
          {one.text}
        </div>
      ))}
    </details>
  );
}
