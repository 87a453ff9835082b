// The window of `askWho`.
import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { me } from '../api/queries';
import { formErrors } from './form_errors';
import { ProblemAlert } from './page_state';
import { depart } from './provider';
import { answerWho } from './step_up';

export default function StepUpWindow() {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const confirm = useMutation({
    mutationFn: () => post<void>('/me/confirm', { password }),
    onSuccess: () => answerWho(true),
  });
  const person = useQuery(me).data;
  const here = () => window.location.pathname + window.location.search;
  const leave = useMutation({ mutationFn: () => depart(here(), true) });
  const wrong = formErrors(confirm.error).password;
  return (
    <Modal
      opened
      onClose={() => answerWho(false)}
      title={t('account.confirm_title')}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          confirm.mutate();
        }}
      >
        <Stack>
          <Text size="sm">{t(person?.has_password ? 'account.confirm_text' : 'provider.confirm_text')}</Text>
          {leave.isError && <ProblemAlert error={leave.error} />}
          {confirm.isError && !wrong && <ProblemAlert error={confirm.error} />}
          {person?.has_password && (
            <PasswordInput
              label={t('account.password')}
              autoComplete="current-password"
              required
              withAsterisk={false}
              data-autofocus
              error={wrong}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          )}
          {person?.identity_provider && (
            <>
              <Text size="sm">{t('provider.again_text')}</Text>
              <Button
                variant={person.has_password ? 'default' : 'filled'}
                loading={leave.isPending || leave.isSuccess}
                onClick={() => leave.mutate()}
              >
                {t('provider.again', { name: person.identity_provider })}
              </Button>
            </>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => answerWho(false)}>
              {t('form.cancel')}
            </Button>
            {person?.has_password && (
              <Button type="submit" loading={confirm.isPending}>
                {t('account.confirm')}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
