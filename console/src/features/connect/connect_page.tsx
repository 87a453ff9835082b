// Connect a station: what to type on the left, what arrives on the right.
import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconAntennaBars5,
  IconCheck,
  IconDots,
  IconPlugConnected,
  IconPlus,
  IconX,
} from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { attempts, connect, stationMeter, stations, unclaimed } from '../../api/queries';
import type { Attempt } from '../../api/shapes';
import { Can } from '../../components/can';
import { CopyLine } from '../../components/copy_line';
import { rowsOf } from '../../components/data_table';
import { Empty, PageHead, Read } from '../../components/page_state';
import { Qr } from '../../components/qr';
import { Fine, Flag } from '../../components/status_badge';
import { Ago } from '../../components/values';
import { protocolName } from '../../format';
import { AddStation } from '../stations/add_station';
import { ladder } from './ladder';
import { Trace } from './trace';

export function ConnectPage() {
  const { t } = useTranslation();
  const [adding, add] = useDisclosure(false);
  const [claiming, setClaiming] = useState<string | null>(null);
  const { identity } = useSearch({ from: '/shell/connect' });
  return (
    <>
      <PageHead title={t('nav.connect')} text={t('connect.text')}>
        <Can do="stations.edit">
          <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
            {t('stations.add')}
          </Button>
        </Can>
      </PageHead>
      <div className="two">
        <Stack>
          <WhatToType />
          <Waiting claim={setClaiming} />
        </Stack>
        <Stack>
          <Progress identity={identity} />
          <Trace />
          <Arriving />
        </Stack>
      </div>
      {adding && <AddStation close={add.close} />}
      {claiming !== null && <AddStation identity={claiming} close={() => setClaiming(null)} />}
    </>
  );
}

function WhatToType() {
  const { t } = useTranslation();
  const query = useQuery(connect);
  const search = useSearch({ from: '/shell/connect' });
  const navigate = useNavigate({ from: '/connect' });
  const set = (identity: string) =>
    void navigate({ search: (old) => ({ ...old, identity: identity || undefined }), replace: true });
  return (
    <section className="card" aria-labelledby="type">
      <h2 id="type" style={{ margin: '0 0 12px' }}>
        {t('connect.what_to_type')}
      </h2>
      <Read query={query} rows={4}>
        {(data) => {
          const url = data.url_template.replace(
            '{identity}',
            search.identity ? encodeURIComponent(search.identity) : '…',
          );
          const base = data.url_template.replace('{identity}', '');
          return (
            <Stack gap={14}>
              <TextInput
                label={t('connect.identity')}
                description={t('connect.identity_hint')}
                value={search.identity ?? ''}
                onChange={(event) => set(event.currentTarget.value)}
                spellCheck={false}
              />
              <Group align="flex-start" gap={18}>
                <Stack gap={10} style={{ flex: '1 1 240px', minWidth: 0 }}>
                  <div>
                    <Text size="xs" c="dimmed" mb={4}>
                      {t('connect.url')}
                    </Text>
                    <CopyLine text={url} what={t('connect.url')} />
                  </div>
                  <div>
                    <Text size="xs" c="dimmed" mb={4}>
                      {t('connect.url_without')}
                    </Text>
                    <CopyLine text={base} what={t('connect.url_without')} />
                  </div>
                </Stack>
                <Qr text={search.identity ? url : base} label={t('connect.qr')} />
              </Group>
              <Text size="sm" c="dimmed">
                {t('connect.password_text')}
              </Text>
              <Text size="sm" c="dimmed">
                {t('connect.protocols', { protocols: data.protocols.map(protocolName).join(', ') })}
              </Text>
            </Stack>
          );
        }}
      </Read>
    </section>
  );
}

function Waiting({ claim }: { claim: (identity: string) => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/connect' });
  const query = useQuery({ ...unclaimed, refetchInterval: 30_000 });
  const trace = (identity: string) =>
    void navigate({ search: (old) => ({ ...old, trace: identity }), replace: true });
  return (
    <section className="card" aria-labelledby="waiting">
      <h2 id="waiting" style={{ margin: '0 0 10px' }}>
        {t('connect.waiting')}
      </h2>
      <Read query={query} rows={3}>
        {(page) =>
          page.data.length === 0 ? (
            <Empty
              icon={<IconPlugConnected size={22} />}
              title={t('connect.none_waiting')}
              text={t('connect.none_waiting_text')}
            />
          ) : (
            <ul className="plain">
              {page.data.map((one) => (
                <li key={one.identity}>
                  <div>
                    <b style={{ overflowWrap: 'anywhere' }}>{one.identity}</b>
                    <div className="sub">
                      {[one.vendor, one.model, one.protocol && protocolName(one.protocol), one.remote_ip]
                        .filter(Boolean)
                        .join(' · ')}
                    </div>
                    <div className="sub">
                      {t('connect.tried', { count: one.attempts })} · <Ago at={one.last_seen_at} />
                    </div>
                  </div>
                  <Button
                    size="xs"
                    variant="subtle"
                    onClick={() => trace(one.identity)}
                    aria-label={t('trace.follow_named', { identity: one.identity })}
                  >
                    {t('trace.follow')}
                  </Button>
                  <Can do="stations.edit">
                    <Button
                      size="xs"
                      onClick={() => claim(one.identity)}
                      aria-label={t('connect.claim_named', { identity: one.identity })}
                    >
                      {t('connect.claim')}
                    </Button>
                  </Can>
                </li>
              ))}
            </ul>
          )
        }
      </Read>
    </section>
  );
}

const same = (a: string | null | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();

function Progress({ identity }: { identity: string | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/connect' });
  const recent = useQuery({ ...attempts, refetchInterval: 30_000 });
  const names = [...new Set(recent.data?.data.flatMap((one) => (one.identity ? [one.identity] : [])) ?? [])];
  const watched = identity ?? names[0];
  const found = useInfiniteQuery({ ...stations({ q: watched }), enabled: Boolean(watched) });
  const station = rowsOf(found).find((row) => watched && same(row.identity, watched));
  const meter = useQuery({ ...stationMeter(station?.id ?? ''), enabled: Boolean(station) });
  const latest = recent.data?.data.find((one) => watched && same(one.identity, watched));
  const { data: address } = useQuery(connect);
  const steps = ladder(
    latest,
    station,
    meter.data?.evses.some((evse) => evse.points.length > 0) ?? false,
    address?.url_template.startsWith('wss:') ?? false,
  );
  return (
    <section className="card" aria-labelledby="ladder">
      <div className="cardhead">
        <h2 id="ladder" style={{ margin: 0 }}>
          {t('connect.ladder')}
        </h2>
        {names.length > 0 && (
          <Select
            size="xs"
            w={190}
            aria-label={t('connect.watch')}
            data={[...new Set([...names, ...(identity ? [identity] : [])])]}
            value={watched ?? null}
            onChange={(value) =>
              void navigate({ search: (old) => ({ ...old, identity: value ?? undefined }), replace: true })
            }
            allowDeselect={false}
            searchable
          />
        )}
      </div>
      <ol className="ladder">
        {steps.map(({ rung, step, attempt }) => (
          <li key={rung} data-step={step}>
            <span className="rung" aria-hidden>
              {step === 'ok' ? (
                <IconCheck size={15} stroke={2.6} />
              ) : step === 'failed' ? (
                <IconX size={15} stroke={2.6} />
              ) : (
                <IconDots size={15} />
              )}
            </span>
            <div style={{ paddingTop: 2 }}>
              <b>{t(`rung.${rung}`)}</b> <span className="sub">{t(`step.${step}`)}</span>
              {attempt && (
                <div style={{ fontSize: '0.84rem', marginTop: 3 }}>
                  <span className={step === 'failed' ? 'tonebad' : 'tonehold'}>
                    {t(`outcome.${attempt.outcome}`, { defaultValue: attempt.outcome })}
                  </span>
                  <div className="quiet">
                    {t(`outcome_fix.${attempt.outcome}`, { defaultValue: attempt.detail ?? '' })}
                  </div>
                </div>
              )}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Arriving() {
  const { t } = useTranslation();
  const query = useQuery({ ...attempts, refetchInterval: 30_000 });
  return (
    <section className="card" aria-labelledby="arriving">
      <h2 id="arriving" style={{ margin: '0 0 10px' }}>
        {t('connect.arriving')}
      </h2>
      <Read query={query} rows={4}>
        {(page) =>
          page.data.length === 0 ? (
            <Empty
              icon={<IconAntennaBars5 size={22} />}
              title={t('connect.nothing_seen')}
              text={t('connect.nothing_seen_text')}
            />
          ) : (
            <ul className="plain" aria-live="off">
              {page.data.slice(0, 25).map((one) => (
                <AttemptRow key={one.id} attempt={one} />
              ))}
            </ul>
          )
        }
      </Read>
    </section>
  );
}

function AttemptRow({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation();
  const word = t(`outcome.${attempt.outcome}`, { defaultValue: attempt.outcome });
  return (
    <li style={{ flexWrap: 'wrap' }}>
      <div>
        <b style={{ fontWeight: 580, overflowWrap: 'anywhere' }}>{attempt.identity ?? attempt.path ?? '–'}</b>
        <div className="sub" style={{ overflowWrap: 'anywhere' }}>
          {[
            attempt.remote_ip,
            attempt.subprotocols.map(protocolName).join(', '),
            attempt.user_agent,
            attempt.detail,
          ]
            .filter(Boolean)
            .join(' · ')}
        </div>
      </div>
      {attempt.outcome === 'connected' ? (
        <Fine word={word} />
      ) : (
        <Flag tone={attempt.outcome === 'waiting_to_be_claimed' ? 'hold' : 'bad'} word={word} />
      )}
      <span className="sub" style={{ minWidth: 62, textAlign: 'right' }}>
        <Ago at={attempt.at} />
      </span>
    </li>
  );
}
