// Coming back from the identity provider: signed in, a second step, or the reason why not.
import { Alert, Button, Stack } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, send } from '../../api/client';
import { keys } from '../../api/queries';
import { returned } from '../../api/returned';
import type { Challenge, Entered, Me } from '../../api/shapes';
import { Loading, ProblemAlert } from '../../components/page_state';
import { departed } from '../../components/provider';
import { Door } from './door';
import { safeNext } from './login_page';
import { SecondStep } from './second_step';

export function ReturnPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [gone] = useState(departed);
  const code = returned?.get('code');
  const state = returned?.get('state');
  const whole = gone && code && state;
  const come = useQuery({
    queryKey: ['returned', state],
    queryFn: async (): Promise<Entered | Challenge | null> => {
      const back = { ceremony: gone?.ceremony, state, code };
      if (!gone?.again) return post<Entered | Challenge>('/login/provider', back);
      await send('/me/confirm', { provider: back });
      return null;
    },
    enabled: Boolean(whole),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const next = safeNext(gone?.next);
  const inside = async (person: Me) => {
    client.clear();
    client.setQueryData(keys.me, person);
    await navigate({ href: next, replace: true });
  };
  const answer = come.data;
  useEffect(() => {
    if (answer && 'me' in answer) void inside(answer.me);
    if (answer === null) void navigate({ href: next, replace: true });
  }, [answer]);
  if (answer && 'challenge' in answer) {
    const back = () => void navigate({ to: '/login', replace: true });
    return <SecondStep challenge={answer} onInside={inside} onBack={back} />;
  }
  return (
    <Door title={t('provider.title')} text={t('provider.text')}>
      <Stack>
        {whole && !come.isError && <Loading rows={2} />}
        {come.isError && <ProblemAlert error={come.error} />}
        {!whole && (
          <Alert color="red" role="alert">
            {t(returned?.get('error') === 'access_denied' ? 'provider.denied' : 'provider.broken')}
          </Alert>
        )}
        {(come.isError || !whole) && (
          <Button component={Link} to={gone?.again ? next : '/login'} fullWidth>
            {t(gone?.again ? 'provider.go_back' : 'sign_in.enter')}
          </Button>
        )}
      </Stack>
    </Door>
  );
}
