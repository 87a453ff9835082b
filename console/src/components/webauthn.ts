// Passkeys, as far as a browser goes: the server's options in, the authenticator's answer out, in the JSON
// of WebAuthn level 3. Kept apart, since sign-in and the account page both need it.

/** Whether browsers give passkeys to this page at all: over plain http only on this very computer. */
export const possible = () => window.isSecureContext;

/** Whether this page can use passkeys for `host`: the browser knows them, and the address is the right one. */
export function fits(host: string | undefined): boolean {
  const known = typeof window.PublicKeyCredential?.parseCreationOptionsFromJSON === 'function';
  const here = window.location.hostname;
  return known && host !== undefined && (here === host || here.endsWith(`.${host}`));
}

type Options = { publicKey: { rp?: { id?: string }; rpId?: string } };
export type Ceremony = { ceremony: string; options: unknown };

/** The host that the server's passkeys are for. */
export function hostOf(begun: Ceremony): string | undefined {
  const { publicKey } = begun.options as Options;
  return publicKey.rp?.id ?? publicKey.rpId;
}

/** Why there is no passkey. */
export class NoPasskey extends Error {
  readonly code: 'elsewhere' | 'declined';
  readonly host: string;
  constructor(code: 'elsewhere' | 'declined', host = '') {
    super(code);
    this.code = code;
    this.host = host;
  }
}

async function answered(ask: () => Promise<Credential | null>): Promise<unknown> {
  try {
    const credential = await ask();
    if (credential instanceof PublicKeyCredential) return credential.toJSON();
  } catch (cause) {
    // Declined, timed out, or the device has none: browsers do not tell which.
    if (!(cause instanceof DOMException)) throw cause;
  }
  throw new NoPasskey('declined');
}

function demand(begun: Ceremony) {
  const host = hostOf(begun);
  if (!fits(host)) throw new NoPasskey('elsewhere', host ?? '');
}

export async function make(begun: Ceremony): Promise<unknown> {
  demand(begun);
  const { publicKey } = begun.options as { publicKey: PublicKeyCredentialCreationOptionsJSON };
  return answered(() =>
    navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
    }),
  );
}

export async function show(begun: Ceremony): Promise<unknown> {
  demand(begun);
  const { publicKey } = begun.options as { publicKey: PublicKeyCredentialRequestOptionsJSON };
  return answered(() =>
    navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) }),
  );
}
