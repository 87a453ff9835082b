// Written by `npm run generate` from openapi.json.
export const STEP_UP_PATH = '/me/confirm';
/** Where a passkey is begun; null where the server takes none for this. */
export const STEP_UP_PASSKEY: string | null = null;
export const STEP_UP_EVIDENCE: readonly string[] = ['code', 'password', 'provider'];
