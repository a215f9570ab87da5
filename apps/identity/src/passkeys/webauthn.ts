import type { assertionResponseSchema, registrationResponseSchema } from '@gatehouse/contracts/passkeys';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { z } from 'zod';

/** Who we are for authenticators: the host that passkeys belong to, and the origin that they are used at. */
export interface RelyingParty {
  readonly id: string;
  readonly origin: string;
  readonly name: string;
}

/** The relying party of an installation (Web Authentication, section 5.1.2): its own host alone, no parent of it. */
export function relyingParty(publicUrl: string): RelyingParty {
  const { hostname, origin } = new URL(publicUrl);
  return { id: hostname, origin, name: 'Gatehouse' };
}

/** A public key that somebody signs in with. */
export interface Passkey {
  readonly id: string;
  readonly accountId: string;
  readonly credentialId: Buffer;
  readonly publicKey: Buffer;
  /** How often it signed, as it says itself; zero where it does not count. */
  readonly counter: number;
  readonly transports: readonly string[];
  readonly name: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

/** How long an authenticator may take. */
export const CEREMONY_SECONDS = 5 * 60;

type RegistrationResponse = z.output<typeof registrationResponseSchema>;
type AssertionResponse = z.output<typeof assertionResponseSchema>;
type RegistrationOptions = Parameters<typeof generateRegistrationOptions>[0];

/** Options for adding a passkey. @param challenge the one-time token of this ceremony, which comes back signed */
export function registrationOptions(
  party: RelyingParty,
  account: { readonly id: string; readonly email: string; readonly name: string },
  existing: readonly Passkey[],
  challenge: string,
) {
  return generateRegistrationOptions({
    rpName: party.name,
    rpID: party.id,
    userID: new Uint8Array(Buffer.from(account.id)) as NonNullable<RegistrationOptions['userID']>,
    userName: account.email,
    userDisplayName: account.name === '' ? account.email : account.name,
    challenge: challengeBytes(challenge),
    timeout: CEREMONY_SECONDS * 1_000,
    attestationType: 'none',
    excludeCredentials: existing.map(descriptorOf),
    // Both factors in one: it can be found without a name, and it checks who holds it.
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
}

/** Options for signing in. @param allowed empty: whatever passkey of ours the authenticator has */
export function signInOptions(party: RelyingParty, allowed: readonly Passkey[], challenge: string) {
  return generateAuthenticationOptions({
    rpID: party.id,
    allowCredentials: allowed.map(descriptorOf),
    challenge: challengeBytes(challenge),
    timeout: CEREMONY_SECONDS * 1_000,
    userVerification: 'required',
  });
}

/** What an authenticator says of a new passkey, checked; undefined: it is none, not for us, or not for this ceremony. */
export async function verifiedRegistration(party: RelyingParty, challenge: string, response: RegistrationResponse) {
  const checked = await verifyRegistrationResponse({
    response: response as never,
    expectedChallenge: challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
  }).catch(() => undefined);
  if (checked?.verified !== true) return undefined;
  const { credential } = checked.registrationInfo;
  return {
    credentialId: Buffer.from(credential.id, 'base64url'),
    publicKey: Buffer.from(credential.publicKey),
    counter: credential.counter,
    transports: response.response.transports ?? [],
  };
}

/** The counter after a sign-in that this passkey has signed for this ceremony; undefined: it has not. */
export async function verifiedCounter(
  party: RelyingParty,
  challenge: string,
  passkey: Passkey,
  response: AssertionResponse,
): Promise<number | undefined> {
  const { userHandle } = response.response;
  if (typeof userHandle === 'string' && Buffer.from(userHandle, 'base64url').toString() !== passkey.accountId) {
    return undefined;
  }
  const checked = await verifyAuthenticationResponse({
    response: response as never,
    expectedChallenge: challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
    credential: {
      id: passkey.credentialId.toString('base64url'),
      publicKey: new Uint8Array(passkey.publicKey),
      counter: passkey.counter,
    },
  }).catch(() => undefined);
  return checked?.verified === true ? checked.authenticationInfo.newCounter : undefined;
}

/**
 * The challenge that a response says it answers, as text: the one-time token of its ceremony. It is believed only once the
 * token was spent and the response verified. Undefined: there is none.
 */
export function challengeOf(clientDataJson: string): string | undefined {
  try {
    const data: unknown = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString());
    const challenge = typeof data === 'object' && data !== null && 'challenge' in data ? data.challenge : undefined;
    return typeof challenge === 'string' && /^[\w-]{43}$/.test(challenge) ? challenge : undefined;
  } catch {
    return undefined;
  }
}

/** As bytes, so that it comes back in the same letters: the library would encode a text once more. */
function challengeBytes(challenge: string) {
  return new Uint8Array(Buffer.from(challenge, 'base64url')) as Exclude<
    NonNullable<RegistrationOptions['challenge']>,
    string
  >;
}

function descriptorOf({ credentialId, transports }: Passkey) {
  return { id: credentialId.toString('base64url'), transports: [...transports] };
}
