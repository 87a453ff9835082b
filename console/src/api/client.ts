// The one way to the server: JSON in, JSON out, every refusal a `Problem`.
import type { ProblemBody } from './shapes';

/** A refusal of the server, or a line that broke (status 0). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string | null;
  readonly requestId: string | null;
  readonly errors: NonNullable<ProblemBody['errors']>;

  constructor(body: ProblemBody) {
    super(body.title);
    this.status = body.status;
    this.code = body.code;
    this.title = body.title;
    this.detail = body.detail ?? null;
    this.requestId = body.request_id ?? null;
    this.errors = body.errors ?? [];
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

/** Adds the parameters that have a value. */
export function withQuery(path: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

let signedOut: () => void = () => {};
/** What to do when the server no longer knows this login. */
export function onSignedOut(react: () => void) {
  signedOut = react;
}

let showWho: () => Promise<boolean> = async () => false;
/** How the person shows again who they are, before a dangerous deed is tried once more. */
export function onStepUp(ask: () => Promise<boolean>) {
  showWho = ask;
}

async function problemOf(response: Response): Promise<Problem> {
  const requestId = response.headers.get('x-request-id');
  try {
    const body = (await response.json()) as ProblemBody;
    if (body && typeof body.title === 'string') {
      return new Problem({
        ...body,
        status: body.status ?? response.status,
        request_id: body.request_id ?? requestId ?? undefined,
      });
    }
  } catch {
    // Not JSON: a proxy spoke, not the server.
  }
  return new Problem({
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
    code: 'unreadable_answer',
    request_id: requestId ?? undefined,
  });
}

type Options = { body?: unknown; query?: Query; headers?: Record<string, string>; signal?: AbortSignal };

async function answered(method: string, path: string, options: Options, again = false): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  let body: string | Blob | undefined;
  if (typeof options.body === 'string' || options.body instanceof Blob) body = options.body;
  else if (options.body !== undefined) body = JSON.stringify(options.body);
  if (body !== undefined) headers['content-type'] ??= 'application/json';
  let response: Response;
  try {
    response = await fetch(withQuery(`/api/v1${path}`, options.query), {
      method,
      headers,
      body,
      signal: options.signal,
      credentials: 'same-origin',
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new Problem({ title: 'The server cannot be reached', status: 0, code: 'unreachable' });
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401 && problem.code === 'not_signed_in') signedOut();
    if (problem.code === 'step_up_needed' && !again && (await showWho())) {
      return answered(method, path, options, true);
    }
    throw problem;
  }
  return response;
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const response = await answered(method, path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}
/** The answer as text, for whoever must not lose a digit. */
export const callText = async (method: string, path: string, options: Options = {}) =>
  (await answered(method, path, options)).text();

/** The answer as a file. */
export const callBlob = async (method: string, path: string, options: Options = {}) =>
  (await answered(method, path, options)).blob();

export const get = <T>(path: string, query?: Query, signal?: AbortSignal) =>
  call<T>('GET', path, { query, signal });
export const post = <T>(path: string, body?: unknown, headers?: Record<string, string>) =>
  call<T>('POST', path, { body, headers });
export const put = <T>(path: string, body: unknown) => call<T>('PUT', path, { body });
export const patch = <T>(path: string, body: unknown) => call<T>('PATCH', path, { body });
export const remove = (path: string) => call<void>('DELETE', path);

/** Sends something whose answer has no body. */
export const send = async (path: string, body: unknown) => {
  await answered('POST', path, { body });
};

/** The ETag of a thing. */
export const tag = async (path: string) => (await answered('GET', path, {})).headers.get('etag') ?? '';
