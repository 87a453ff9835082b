// The window of `askWho`: only the ways that this account has, and that the server takes.
import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { factors, me } from '../api/queries';
import { formErrors } from './form_errors';
import { Loading, ProblemAlert } from './page_state';
import { PasskeyAlert } from './passkey_alert';
import { depart } from './provider';
import { answerWho } from './step_up';
import { type Ceremony, possible, show } from './webauthn';

export default function StepUpWindow() {
  const { t } = useTranslation();
  const person = useQuery(me).data;
  const own = useQuery(factors);
  const known = person !== undefined && !own.isPending;
  const has = (way: 'password' | 'code' | 'passkey' | 'provider') =>
    own.data?.confirm_by.includes(way) ?? false;
  const ways = {
    password: has('password'),
    code: has('code'),
    passkey: has('passkey') && possible(),
    provider: has('provider'),
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
    mutationFn: () => post<void>('/me/confirm', { [way]: way === 'code' ? text.trim() : text }),
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
      const begun = await post<Ceremony>('/me/confirm/passkey');
      const credential = await show(begun);
      return post<void>('/me/confirm', { passkey: { ceremony: begun.ceremony, credential } });
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
