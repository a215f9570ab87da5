import { normaliseEmail } from '../accounts/email.js';
import type { Origin } from '../origin.js';
import {
  type PasswordPorts,
  type PasswordProof,
  type ProvenPassword,
  provePassword,
} from '../password/prove-password.js';
import type { Proceeded } from './proceeded.js';

export interface SignInRequest {
  readonly email: string;
  readonly password: string;
  /** What a browser keeps that has signed in here before. */
  readonly deviceToken?: string | undefined;
  readonly origin: Origin;
}

export type SignInOutcome =
  | Proceeded
  | { readonly kind: 'credentials_invalid' }
  | Exclude<PasswordProof, ProvenPassword | { kind: 'password_wrong' }>;

/** What a sign-in does to the world, besides thinking. */
export interface SignInPorts extends PasswordPorts {
  /** Forgives the guess, replaces an outdated hash and goes on to the session or its next step, all or nothing. */
  recordPassword(proven: ProvenPassword, origin: Origin, nowMs: number): Promise<Proceeded | undefined>;
}

/**
 * Signs a person in. An unknown address and a wrong password are one answer after the same work; every attempt is
 * counted before its password is compared.
 */
export async function signIn(request: SignInRequest, ports: SignInPorts): Promise<SignInOutcome> {
  const { password, deviceToken, origin } = request;
  const email = normaliseEmail(request.email);
  const proof = await provePassword({ email, password, deviceToken, address: origin.address }, ports);
  if (proof.kind === 'password_wrong') return { kind: 'credentials_invalid' };
  if (proof.kind !== 'proven') return proof;
  return (await ports.recordPassword(proof, origin, ports.nowMs())) ?? { kind: 'credentials_invalid' };
}
