// The window of `askWho`: only the ways that this account has, and that the server takes.
import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { STEP_UP_EVIDENCE, STEP_UP_PASSKEY, STEP_UP_PATH } from '../api/facts';
import { factors, me, passkeys } from '../api/queries';
import { formErrors } from './form_errors';
import { Loading, ProblemAlert } from './page_state';
import { PasskeyAlert } from './passkey_alert';
import { depart } from './provider';
import { answerWho } from './step_up';
import { ceremonyOf, possible, show } from './webauthn';

const takes = (evidence: string) => STEP_UP_EVIDENCE.includes(evidence);

export default function StepUpWindow() {
  const { t } = useTranslation();
  const person = useQuery(me).data;
  const second = useQuery(factors);
  const own = useQuery({ ...passkeys, enabled: STEP_UP_PASSKEY !== null && possible() });
  const known = person !== undefined && !second.isPending && !(own.isPending && own.isEnabled);
  const ways = {
    password: takes('password') && Boolean(person?.has_password),
    code: takes('code') && Boolean(second.data?.totp_since),
    passkey: (own.data?.data.length ?? 0) > 0,
    provider: takes('provider') && Boolean(person?.identity_provider),
  };
  return (
    <Modal
      opened
      onClose={() => answerWho(false)}
      title={t('account.confirm_title')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <Stack>
        <Text size="sm">{t('account.confirm_text')}</Text>
        {!known && <Loading rows={2} />}
        {known && (
          <>
            {ways.password && <Typed way="password" />}
            {ways.code && <Typed way="code" />}
            {ways.passkey && <ByPasskey />}
            {ways.provider && <ByProvider name={person?.identity_provider ?? ''} />}
            {!Object.values(ways).some(Boolean) && <Text size="sm">{t('account.confirm_none')}</Text>}
          </>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => answerWho(false)}>
            {t('form.cancel')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** What is typed: the password, or the present code of the authenticator app. */
function Typed({ way }: { way: 'password' | 'code' }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const confirm = useMutation({
    mutationFn: () => post<void>(STEP_UP_PATH, { [way]: way === 'code' ? text.trim() : text }),
    onSuccess: () => answerWho(true),
  });
  const wrong = formErrors(confirm.error)[way];
  const shared = {
    required: true,
    withAsterisk: false,
    error: wrong,
    value: text,
    onChange: (event: { currentTarget: { value: string } }) => setText(event.currentTarget.value),
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate();
      }}
    >
      <Stack gap="xs">
        {confirm.isError && !wrong && <ProblemAlert error={confirm.error} />}
        {way === 'password' ? (
          <PasswordInput
            label={t('account.password')}
            autoComplete="current-password"
            data-autofocus
            {...shared}
          />
        ) : (
          <TextInput
            label={t('account.confirm_code_label')}
            autoComplete="one-time-code"
            inputMode="numeric"
            {...shared}
          />
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={confirm.isPending}>
            {way === 'password' ? t('account.confirm') : t('account.confirm_code')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function ByPasskey() {
  const { t } = useTranslation();
  const confirm = useMutation({
    mutationFn: async () => {
      const begun = ceremonyOf(await post(STEP_UP_PASSKEY ?? ''));
      const credential = await show(begun);
      return post<void>(STEP_UP_PATH, { passkey: { [begun.key]: begun.ceremony, credential } });
    },
    onSuccess: () => answerWho(true),
  });
  return (
    <Stack gap="xs">
      {confirm.isError && <PasskeyAlert error={confirm.error} />}
      <Button variant="default" loading={confirm.isPending} onClick={() => confirm.mutate()}>
        {t('account.confirm_passkey')}
      </Button>
    </Stack>
  );
}

function ByProvider({ name }: { name: string }) {
  const { t } = useTranslation();
  const here = () => window.location.pathname + window.location.search;
  const leave = useMutation({ mutationFn: () => depart(here(), true) });
  return (
    <Stack gap="xs">
      {leave.isError && <ProblemAlert error={leave.error} />}
      <Text size="sm">{t('provider.again_text')}</Text>
      <Button variant="default" loading={leave.isPending || leave.isSuccess} onClick={() => leave.mutate()}>
        {t('provider.again', { name })}
      </Button>
    </Stack>
  );
}
