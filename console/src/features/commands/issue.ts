// Sends a command and waits a little for the station's own answer.
import { callText, post } from '../../api/client';
import type { Command, RawAnswer } from '../../api/shapes';
import { read, under, write } from './exact';

export const issue = (station: string, type: string, params: Record<string, unknown>) =>
  post<Command>(`/stations/${station}/commands`, { type, params }, { prefer: 'wait=10' });

export type RawResult = Pick<RawAnswer, 'result' | 'error'> & {
  /** As JSON text, or null. */
  payload: string | null;
  /** Milliseconds from here to the station and back. */
  took: number;
};

/** Both ways the payload stays text, so that numbers arrive as they were typed. */
export async function issueRaw(station: string, action: string, payload: string): Promise<RawResult> {
  const began = performance.now();
  const answer = await callText('POST', `/stations/${station}/ocpp`, {
    body: `{"action":${JSON.stringify(action)},"payload":${payload}}`,
  });
  const took = performance.now() - began;
  const { result, error } = JSON.parse(answer) as RawAnswer;
  const exact = under(read(answer), 'payload');
  const none = !exact || (exact.kind === 'word' && exact.text === 'null');
  return { result, error, payload: none ? null : write(exact), took };
}
