// Sending a file with progress, which `fetch` cannot tell; refusals are `Problem`s as everywhere.
import { Problem } from './client';
import type { ProblemBody } from './shapes';

/** Sends `file` as it is; `told` hears how much has gone, from 0 to 1. */
export function upload<T>(
  path: string,
  file: Blob,
  told: (part: number) => void,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', `/api/v1${path}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.setRequestHeader('accept', 'application/json');
    request.responseType = 'text';
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) told(event.loaded / event.total);
    };
    request.onload = () => {
      let body: unknown;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        body = undefined;
      }
      if (request.status >= 200 && request.status < 300) return resolve(body as T);
      const problem = body as ProblemBody | undefined;
      reject(
        new Problem(
          problem && typeof problem.title === 'string'
            ? { ...problem, status: request.status }
            : { title: `HTTP ${request.status}`, status: request.status, code: 'unreadable_answer' },
        ),
      );
    };
    request.onerror = () =>
      reject(new Problem({ title: 'The server cannot be reached', status: 0, code: 'unreachable' }));
    request.onabort = () => reject(new DOMException('The upload was stopped', 'AbortError'));
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}
