// The passkeys of one's own account.
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { passkeys } from '../../api/queries';
import type { Passkey } from '../../api/shapes';
import { ask } from '../../components/confirm';
import { type Column, DataTable } from '../../components/data_table';
import { Read } from '../../components/page_state';
import { PasskeyAlert } from '../../components/passkey_alert';
import { Ago } from '../../components/values';
import { type Ceremony, make, possible } from '../../components/webauthn';

export function Passkeys() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(passkeys);
  const [name, setName] = useState('');
  const again = () => void client.invalidateQueries({ queryKey: passkeys.queryKey });
  const add = useMutation({
    mutationFn: async () => {
      const begun = await post<Ceremony>('/me/passkeys/begin');
      const credential = await make(begun);
      return post<Passkey>('/me/passkeys', { ceremony: begun.ceremony, name, credential });
    },
    onSuccess: () => {
      setName('');
      again();
    },
  });
  const drop = useMutation({ mutationFn: (id: string) => remove(`/me/passkeys/${id}`), onSuccess: again });
  const end = drop.mutate;
  const columns = useMemo<Column<Passkey>[]>(
    () => [
      { id: 'name', head: t('passkeys.name'), cell: (one) => one.name },
      { id: 'made', from: 'tablet', head: t('passkeys.made'), cell: (one) => <Ago at={one.created_at} /> },
      { id: 'used', head: t('passkeys.used'), cell: (one) => <Ago at={one.used_at} /> },
      {
        id: 'do',
        head: t('tokens.actions'),
        right: true,
        cell: (one) => (
          <Button
            size="compact-xs"
            variant="subtle"
            color="red"
            aria-label={t('passkeys.remove_named', { name: one.name })}
            onClick={() =>
              ask({
                title: t('passkeys.remove'),
                text: t('passkeys.remove_text', { name: one.name }),
                yes: t('passkeys.remove'),
                red: true,
                onYes: () => end(one.id),
              })
            }
          >
            {t('passkeys.remove')}
          </Button>
        ),
      },
    ],
    [t, end],
  );
  const failed = add.error ?? drop.error;
  return (
    <section style={{ marginTop: 28 }}>
      <h2>{t('passkeys.title')}</h2>
      <Stack>
        <Text size="sm" c="dimmed">
          {t('passkeys.text')}
        </Text>
        {failed && <PasskeyAlert error={failed} />}
        <Read query={query} rows={2}>
          {(page) =>
            page.data.length === 0 ? (
              <Text size="sm">{t('passkeys.none')}</Text>
            ) : (
              <DataTable label={t('passkeys.title')} columns={columns} rows={page.data} complete />
            )
          }
        </Read>
        {!possible() && <Text size="sm">{t('passkeys.plain_http')}</Text>}
        {possible() && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              add.mutate();
            }}
          >
            <Group align="flex-end">
              <TextInput
                label={t('passkeys.new')}
                placeholder={t('passkeys.new_text')}
                required
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Button
                type="submit"
                variant="default"
                leftSection={<IconFingerprint size={16} />}
                loading={add.isPending}
              >
                {t('passkeys.add')}
              </Button>
            </Group>
          </form>
        )}
      </Stack>
    </section>
  );
}
