// What a new fleet still lacks, each step with its page; gone when all are done.
import { Button } from '@mantine/core';
import { IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { overview, sessions, sites, tokens } from '../../api/queries';
import { useCan } from '../../components/can';
import { rowsOf } from '../../components/data_table';

export function FirstSteps() {
  const { t } = useTranslation();
  const can = useCan();
  const mine = can('stations.edit', null);
  const numbers = useQuery({ ...overview, enabled: mine });
  const places = useQuery({ ...sites, enabled: mine });
  const cards = useInfiniteQuery({ ...tokens({}), enabled: mine && can('drivers.view', null) });
  const charges = useInfiniteQuery({ ...sessions({}), enabled: mine && can('sessions.view', null) });
  if (!numbers.data || !places.data) return null;
  const steps = [
    { word: 'station', to: '/connect', done: numbers.data.stations > 0 },
    { word: 'site', to: '/sites', done: places.data.data.length > 0 },
    ...(cards.data ? [{ word: 'token', to: '/tokens', done: rowsOf(cards).length > 0 }] : []),
    ...(charges.data ? [{ word: 'session', to: '/sessions', done: rowsOf(charges).length > 0 }] : []),
  ] as const;
  const next = steps.findIndex((step) => !step.done);
  if (next < 0) return null;
  return (
    <section className="card" aria-labelledby="steps" style={{ marginTop: 16 }} data-testid="first-steps">
      <div className="cardhead">
        <h2 id="steps" style={{ margin: 0 }}>
          {t('steps.title')}
        </h2>
        <span className="sub num">
          {steps.filter((step) => step.done).length} / {steps.length}
        </span>
      </div>
      <ul className="plain">
        {steps.map((step, i) => (
          <li key={step.word}>
            <div style={{ display: 'flex', gap: 12, alignItems: 'center' }}>
              {step.done ? (
                <IconCircleCheck size={22} className="toneok" aria-label={t('steps.done')} role="img" />
              ) : (
                <IconCircleDashed size={22} className="quiet" aria-label={t('steps.open')} role="img" />
              )}
              <div>
                <b style={{ fontWeight: 600 }}>{t(`steps.${step.word}`)}</b>
                <div className="sub">{t(`steps.${step.word}_text`)}</div>
              </div>
            </div>
            {!step.done && (
              <Button
                component={Link}
                to={step.to}
                size="xs"
                variant={i === next ? 'filled' : 'default'}
                aria-label={`${t('steps.go')}: ${t(`steps.${step.word}`)}`}
              >
                {t('steps.go')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
