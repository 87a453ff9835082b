// How far a station has come: Network › HTTP › WebSocket › Identity › Boot › Status › Meter values. Pure.
import type { Attempt, Station } from '../../api/shapes';

export const RUNGS = ['network', 'tls', 'http', 'websocket', 'identity', 'boot', 'status', 'meter'] as const;
export type Rung = (typeof RUNGS)[number];
export type Step = 'ok' | 'waiting' | 'failed';

/** The rung at which an attempt of this outcome ended. */
const FAILED_AT: Record<string, Rung> = {
  tls_on_plain: 'tls',
  not_http: 'http',
  soap: 'http',
  too_slow: 'http',
  not_upgrade: 'websocket',
  no_subprotocol: 'websocket',
  id_missing: 'identity',
  unknown_station: 'identity',
  waiting_to_be_claimed: 'identity',
  auth_missing: 'identity',
  user_mismatch: 'identity',
  bad_password: 'identity',
  blocked: 'identity',
  unavailable: 'websocket',
};

export function ladder(
  latest: Attempt | undefined,
  station: Station | undefined,
  hasMeter: boolean,
  secure: boolean,
): { rung: Rung; step: Step; attempt?: Attempt }[] {
  const steps = new Map<Rung, Step>(RUNGS.map((rung) => [rung, 'waiting']));
  const pass = (until: Rung, include: boolean) => {
    for (const rung of RUNGS) {
      if (rung === until) {
        if (include) steps.set(rung, 'ok');
        return;
      }
      steps.set(rung, 'ok');
    }
  };
  let failed: Rung | undefined;
  if (station?.online) {
    pass('identity', true);
    if (station.vendor || station.model) steps.set('boot', 'ok');
    if (station.evses.some((evse) => evse.status !== 'unknown')) steps.set('status', 'ok');
    if (hasMeter) steps.set('meter', 'ok');
  } else if (latest) {
    failed = FAILED_AT[latest.outcome];
    if (failed) {
      pass(failed, false);
      steps.set(failed, latest.outcome === 'waiting_to_be_claimed' ? 'waiting' : 'failed');
    } else pass('identity', latest.outcome === 'connected');
  }
  // Where stations are told to come without TLS, there is none to be done; only one that tried it fails there.
  return RUNGS.filter((rung) => rung !== 'tls' || secure || failed === 'tls').map((rung) => ({
    rung,
    step: steps.get(rung) ?? 'waiting',
    attempt: rung === failed ? latest : undefined,
  }));
}
