// The second factor of one's own account: an authenticator app, and recovery codes.
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { factors, me } from '../../api/queries';
import type { RecoveryCodes, Seed } from '../../api/shapes';
import { ask } from '../../components/confirm';
import { CopyButton, CopyLine } from '../../components/copy_line';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { Qr } from '../../components/qr';

export function SecondFactor() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(factors);
  const person = useQuery(me).data;
  const [seed, setSeed] = useState<Seed | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const show = (answer: RecoveryCodes) => {
    setSeed(null);
    setCodes(answer.recovery_codes);
    void client.invalidateQueries({ queryKey: factors.queryKey });
  };
  const begin = useMutation({ mutationFn: () => post<Seed>('/me/totp'), onSuccess: setSeed });
  const renew = useMutation({ mutationFn: () => post<RecoveryCodes>('/me/recovery_codes'), onSuccess: show });
  const drop = useMutation({
    mutationFn: () => remove('/me/totp'),
    onSuccess: () => {
      setCodes(null);
      void client.invalidateQueries({ queryKey: factors.queryKey });
    },
  });
  const error = begin.error ?? renew.error ?? drop.error ?? query.error;
  const on = Boolean(query.data?.totp_since);
  return (
    <section className="card">
      <h2>{t('account.second')}</h2>
      <Stack>
        {error && <ProblemAlert error={error} />}
        {query.data && (
          <Text size="sm">
            {on
              ? t('account.on', { count: query.data.recovery_codes_left })
              : t(person?.has_password === false ? 'provider.off' : 'account.off')}
          </Text>
        )}
        {codes && <Codes codes={codes} />}
        {seed && <Activate seed={seed} onDone={show} />}
        {query.data && !on && !seed && (
          <Group>
            <Button loading={begin.isPending} onClick={() => begin.mutate()}>
              {t('account.begin')}
            </Button>
          </Group>
        )}
        {on && (
          <Group>
            <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
              {t('account.renew')}
            </Button>
            <Button
              variant="default"
              loading={drop.isPending}
              onClick={() =>
                ask({
                  title: t('account.remove_title'),
                  text: t('account.remove_text'),
                  yes: t('account.remove'),
                  red: true,
                  onYes: () => drop.mutate(),
                })
              }
            >
              {t('account.remove')}
            </Button>
          </Group>
        )}
      </Stack>
    </section>
  );
}

function Activate({ seed, onDone }: { seed: Seed; onDone: (codes: RecoveryCodes) => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const confirm = useMutation({
    mutationFn: () => post<RecoveryCodes>('/me/totp/confirm', { code }),
    onSuccess: onDone,
  });
  const wrong = formErrors(confirm.error).code;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate();
      }}
    >
      <Stack>
        <Text size="sm">{t('account.scan')}</Text>
        <Qr text={seed.uri} label={t('account.picture')} />
        <CopyLine text={seed.secret} what={t('account.key')} />
        {confirm.isError && !wrong && <ProblemAlert error={confirm.error} />}
        <TextInput
          label={t('account.code')}
          autoComplete="one-time-code"
          inputMode="numeric"
          required
          error={wrong}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Group>
          <Button type="submit" loading={confirm.isPending}>
            {t('account.activate')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Codes({ codes }: { codes: string[] }) {
  const { t } = useTranslation();
  return (
    <div role="status">
      <Group gap="xs">
        <b>{t('account.codes')}</b>
        <CopyButton text={codes.join('\n')} what={t('account.codes')} />
        <Button size="xs" variant="default" onClick={() => window.print()}>
          {t('account.print')}
        </Button>
      </Group>
      <Text size="sm">{t('account.codes_text')}</Text>
      <ul className="mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </div>
  );
}
