// The second step of a sign-in: the code of the authenticator app, or a recovery code.
import { Anchor, Button, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import type { Challenge, Entered, Me } from '../../api/shapes';
import { ProblemAlert } from '../../components/page_state';
import { Door } from './door';

/** From so many recovery codes on one is told that they run out. */
const FEW = 3;

type Props = { challenge: Challenge; onInside: (person: Me) => Promise<void>; onBack: () => void };

export function SecondStep({ challenge, onInside, onBack }: Props) {
  const { t } = useTranslation();
  const [way, setWay] = useState<'code' | 'recovery_code'>('code');
  const [text, setText] = useState('');
  const enter = useMutation({
    mutationFn: () =>
      post<Entered>('/login/second_factor', { challenge: challenge.challenge, [way]: text.trim() }),
    onSuccess: async (answer) => {
      await onInside(answer.me);
      const left = answer.recovery_codes_left;
      if (typeof left !== 'number' || left > FEW) return;
      notifications.show({
        color: left === 0 ? 'red' : 'yellow',
        title: t('second_step.few_left_title'),
        message: t('second_step.few_left', { count: left }),
        autoClose: false,
        closeButtonProps: { 'aria-label': t('form.close') },
      });
    },
  });
  const other = way === 'code' ? 'recovery_code' : 'code';
  const hasOther = challenge.second_factor.includes(other === 'code' ? 'totp' : 'recovery_code');
  const turn = () => {
    setWay(other);
    setText('');
    enter.reset();
  };
  return (
    <Door title={t('second_step.title')} text={t(`second_step.text_${way}`)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate();
        }}
      >
        <Stack>
          {enter.isError && <ProblemAlert error={enter.error} />}
          <TextInput
            key={way}
            label={t(`second_step.${way}`)}
            name={way}
            autoComplete={way === 'code' ? 'one-time-code' : 'off'}
            inputMode={way === 'code' ? 'numeric' : 'text'}
            required
            withAsterisk={false}
            data-autofocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button type="submit" size="md" fullWidth loading={enter.isPending}>
            {t('sign_in.enter')}
          </Button>
          {hasOther && (
            <Anchor component="button" type="button" size="sm" onClick={turn}>
              {t(`second_step.use_${other}`)}
            </Anchor>
          )}
          <Anchor component="button" type="button" size="sm" onClick={onBack}>
            {t('second_step.back')}
          </Anchor>
        </Stack>
      </form>
    </Door>
  );
}
