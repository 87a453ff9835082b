// Sends a command and waits a little for the station's own answer.
import { post } from '../../api/client';
import type { Command, RawAnswer } from '../../api/contract';

export const issue = (station: string, type: string, params: Record<string, unknown>) =>
  post<Command>(`/stations/${station}/commands`, { type, params }, { prefer: 'wait=10' });

/** The body is put together as text, so that numbers reach the station as they were typed. */
export const issueRaw = (station: string, action: string, payload: string) =>
  post<RawAnswer>(`/stations/${station}/ocpp`, `{"action":${JSON.stringify(action)},"payload":${payload}}`);
