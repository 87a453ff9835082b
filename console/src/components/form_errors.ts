// The server is the only validator: its pointers become field errors.
import { Problem } from '../api/client';

/** `/params/token` → `params.token`. */
export function formErrors(error: unknown): Record<string, string> {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(
    error.errors
      .filter((one) => one.pointer)
      .map((one) => [one.pointer.replace(/^\//, '').replaceAll('/', '.'), one.detail]),
  );
}
