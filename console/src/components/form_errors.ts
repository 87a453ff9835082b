// The server is the only validator: its pointers become field errors, in the reader's language.
import i18next from 'i18next';
import { Problem } from '../api/client';
import type { ProblemBody } from '../api/shapes';

type Place = NonNullable<ProblemBody['errors']>[number];

/** What is wrong at one place: the server's own English, which is the most exact, or our words for its code. */
export function fieldText(one: Place): string {
  if (i18next.language?.startsWith('en')) return one.detail;
  return i18next.t(`field.${one.code}`, { detail: one.detail, defaultValue: one.detail });
}

/** `/params/token` → `params.token`. */
export function formErrors(error: unknown): Record<string, string> {
  if (!(error instanceof Problem)) return {};
  return Object.fromEntries(
    error.errors
      .filter((one) => one.pointer)
      .map((one) => [one.pointer.replace(/^\//, '').replaceAll('/', '.'), fieldText(one)]),
  );
}
