// What an installer is told again at each sign-in until they have seen it: a lock of theirs was removed,
// or has another password.
import { Alert, Button, Group, Text } from '@mantine/core';
import { IconLockOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { unseen } from '../../api/queries';

const ABOUT = ['lock_removed', 'lock_password_changed'];
/** The newest that was put off, until the browser's window is closed or somebody signs in anew. */
const LATER = 'busbar.notice';

export function WaitingNotice() {
  const { t } = useTranslation();
  const { data } = useQuery(unseen);
  const [later, setLater] = useState(() => sessionStorage.getItem(LATER));
  const waiting = (data?.data ?? []).filter((note) => ABOUT.includes(note.kind));
  const newest = waiting[0]?.id;
  if (!newest || newest === later) return null;
  const putOff = () => {
    sessionStorage.setItem(LATER, newest);
    setLater(newest);
  };
  return (
    <Alert
      color="orange"
      variant="light"
      mb="md"
      icon={<IconLockOff size={20} />}
      title={t('notes.waiting', { count: waiting.length })}
    >
      <Text size="sm" mb="xs">
        {t('notes.waiting_text')}
      </Text>
      <Group gap="xs">
        <Button size="xs" onClick={putOff} renderRoot={(props) => <Link to="/notifications" {...props} />}>
          {t('notes.look')}
        </Button>
        <Button size="xs" variant="default" onClick={putOff}>
          {t('notes.later')}
        </Button>
      </Group>
    </Alert>
  );
}

/** Somebody signs out: the next sign-in tells again. */
export const tellAgain = () => sessionStorage.removeItem(LATER);
