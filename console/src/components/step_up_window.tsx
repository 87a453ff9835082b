// The window of `askWho`.
import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { formErrors } from './form_errors';
import { ProblemAlert } from './page_state';
import { answerWho } from './step_up';

export default function StepUpWindow() {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const confirm = useMutation({
    mutationFn: () => post<void>('/me/confirm', { password }),
    onSuccess: () => answerWho(true),
  });
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
          <Text size="sm">{t('account.confirm_text')}</Text>
          {confirm.isError && !wrong && <ProblemAlert error={confirm.error} />}
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
          <Group justify="flex-end">
            <Button variant="default" onClick={() => answerWho(false)}>
              {t('form.cancel')}
            </Button>
            <Button type="submit" loading={confirm.isPending}>
              {t('account.confirm')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
