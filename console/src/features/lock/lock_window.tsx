// One window for the verbs of a lock: lock, unlock, another password, remove, and the ways back.
import { Alert, Button, Checkbox, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { variables } from '../../api/queries';
import type { NewStationLock, StationLock } from '../../api/shapes';
import { CopyLine } from '../../components/copy_line';
import { formErrors } from '../../components/form_errors';
import { ProblemAlert } from '../../components/page_state';
import { LockFields, lockBody, useLockForm } from './lock_fields';
import { LostWays } from './lost_ways';
import { nameOf } from './setting_name';
import type { Verb } from './verbs';

type Props = {
  id: string;
  lock: StationLock;
  verb: Verb;
  keep: (lock: StationLock) => void;
  close: () => void;
};

export default function LockWindow(props: Props) {
  const { t } = useTranslation();
  const { verb, close } = props;
  const body = {
    lock: <Locking {...props} />,
    unlock: <Unlocking {...props} />,
    password: <Changing {...props} />,
    remove: <Removing {...props} />,
    lost: <LostWays id={props.id} lock={props.lock} keep={props.keep} close={close} />,
  }[verb];
  return (
    <Modal
      opened
      onClose={close}
      title={t(`lock.head.${verb}`)}
      closeButtonProps={{ 'aria-label': t('form.close') }}
    >
      {body}
    </Modal>
  );
}

function Locking({ id, keep, close }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [password, setPassword] = useState<string | null>(null);
  const form = useLockForm();
  const known = useQuery(variables(id)).data ?? [];
  const names = known.filter((v) => v.mutability !== 'read_only').map(nameOf);
  const save = useMutation({
    mutationFn: (values: typeof form.values) =>
      post<NewStationLock>(`/stations/${id}/lock`, lockBody(values)),
    onSuccess: (made) => {
      keep(made.lock);
      setPassword(made.password);
      void client.invalidateQueries({ queryKey: ['notifications'] });
      void client.invalidateQueries({ queryKey: ['saved_passwords'] });
    },
    onError: (error) => form.setErrors(formErrors(error)),
  });
  if (password) {
    return (
      <Stack>
        <Text>{t('lock.done')}</Text>
        <CopyLine text={password} what={t('lock.password')} />
        <Text size="sm" c="dimmed">
          {t('lock.not_everywhere')}
        </Text>
        <Group justify="flex-end">
          <Button onClick={close}>{t('form.close')}</Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        <Text size="sm">{t('lock.text')}</Text>
        {save.isError && <ProblemAlert error={save.error} />}
        <LockFields form={form} known={[...new Set(names)]} />
        <Ends close={close} busy={save.isPending} word={t('lock.lock')} />
      </Stack>
    </form>
  );
}

function Unlocking({ id, keep, close }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({ initialValues: { password: '', save: false } });
  const open = useMutation({
    mutationFn: (values: typeof form.values) => post<StationLock>(`/stations/${id}/lock/unlock`, values),
    onSuccess: (lock) => {
      keep(lock);
      void client.invalidateQueries({ queryKey: ['saved_passwords'] });
      close();
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => open.mutate(values))}>
      <Stack>
        <Text size="sm">{t('lock.unlock_text')}</Text>
        {open.isError && <ProblemAlert error={open.error} />}
        <TextInput
          label={t('lock.password')}
          autoComplete="off"
          required
          data-autofocus
          {...form.getInputProps('password')}
        />
        <Checkbox label={t('lock.save')} {...form.getInputProps('save', { type: 'checkbox' })} />
        <Ends close={close} busy={open.isPending} word={t('lock.unlock')} />
      </Stack>
    </form>
  );
}

function Changing({ id, keep, close }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({ initialValues: { new: '' } });
  const change = useMutation({
    mutationFn: (values: typeof form.values) => post<StationLock>(`/stations/${id}/lock/password`, values),
    onSuccess: (lock) => {
      keep(lock);
      void client.invalidateQueries({ queryKey: ['saved_passwords'] });
      close();
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
      <Stack>
        <Text size="sm">{t('lock.change_text')}</Text>
        {change.isError && <ProblemAlert error={change.error} />}
        <TextInput
          label={t('lock.new')}
          autoComplete="off"
          required
          data-autofocus
          {...form.getInputProps('new')}
        />
        <Ends close={close} busy={change.isPending} word={t('lock.change')} />
      </Stack>
    </form>
  );
}

function Removing({ id, lock, keep, close }: Props) {
  const { t } = useTranslation();
  const knows = lock.padlock === 'open';
  const [warned, setWarned] = useState(false);
  const form = useForm({ initialValues: { password: '' } });
  const end = useMutation({
    mutationFn: (values: typeof form.values) =>
      post<StationLock>(`/stations/${id}/lock/remove`, { password: values.password || null }),
    onSuccess: (now) => {
      keep(now);
      close();
    },
  });
  const contact = lock.lock?.contact;
  if (!warned) {
    return (
      <Stack>
        <Alert color="orange" variant="light">
          {t('lock.remove_text', { name: lock.lock?.locked_by ?? '' })}
        </Alert>
        {contact && (
          <Text size="sm" fw={600}>
            {t('lock.contact_is', { contact })}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('form.cancel')}
          </Button>
          <Button color="red" onClick={() => setWarned(true)}>
            {t('lock.go_on')}
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => end.mutate(values))}>
      <Stack>
        {knows && <Text size="sm">{t('lock.remove_known')}</Text>}
        {end.isError && <ProblemAlert error={end.error} />}
        {!knows && (
          <TextInput
            label={t('lock.password')}
            autoComplete="off"
            required
            data-autofocus
            {...form.getInputProps('password')}
          />
        )}
        <Ends close={close} busy={end.isPending} word={t('lock.remove')} red />
      </Stack>
    </form>
  );
}

function Ends({
  close,
  busy,
  word,
  red = false,
}: {
  close: () => void;
  busy: boolean;
  word: string;
  red?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={close}>
        {t('form.cancel')}
      </Button>
      <Button type="submit" loading={busy} color={red ? 'red' : undefined}>
        {word}
      </Button>
    </Group>
  );
}
