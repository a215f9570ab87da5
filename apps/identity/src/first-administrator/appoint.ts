import type { PasswordHasher } from '../password/hasher.js';
import { newSecretToken } from '../tokens/secret-token.js';
import { type FirstAdministrator, firstAdministrator, judgeCandidate } from './first-administrator.js';

export interface AppointPorts {
  nowMs(): number;
  hasAccount(): Promise<boolean>;
  createFirstAdministrator(administrator: FirstAdministrator): Promise<'created' | 'exists'>;
  /** Makes a token the only one that is valid; false where there is an account. */
  offerClaim(tokenHash: Buffer, nowMs: number): Promise<boolean>;
  readonly hasher: PasswordHasher;
  readonly minPasswordLength: number;
}

/** What the environment says about the first administrator. */
export interface NamedAdministrator {
  readonly email: string | undefined;
  readonly password: string | undefined;
}

/**
 * Sees to it at a start that somebody can sign in: creates the administrator that the environment names, or makes a
 * one-time token with which somebody becomes it. Does nothing where there is an account.
 * @returns the token, which is nowhere else; null where none is needed.
 * @throws Error that names the variable, where the environment's administrator cannot be created.
 */
export async function appointAdministrator(named: NamedAdministrator, ports: AppointPorts): Promise<string | null> {
  if (await ports.hasAccount()) return null;
  if (named.email === undefined && named.password === undefined) {
    const { token, hash } = newSecretToken();
    return (await ports.offerClaim(hash, ports.nowMs())) ? token : null;
  }
  if (named.email === undefined) throw new Error('GATEHOUSE_ADMIN_EMAIL: is missing, GATEHOUSE_ADMIN_PASSWORD is set');
  if (named.password === undefined) {
    throw new Error('GATEHOUSE_ADMIN_PASSWORD: is missing, GATEHOUSE_ADMIN_EMAIL is set');
  }
  const candidate = { email: named.email, password: named.password, name: '' };
  const verdict = judgeCandidate(candidate, ports.minPasswordLength);
  if (verdict.kind === 'refused') {
    const variable = verdict.code === 'email_invalid' ? 'GATEHOUSE_ADMIN_EMAIL' : 'GATEHOUSE_ADMIN_PASSWORD';
    throw new Error(`${variable}: ${verdict.message}`);
  }
  const stored = await ports.hasher.hash(verdict.password);
  const origin = { address: '', userAgent: '', requestId: 'start' };
  await ports.createFirstAdministrator(firstAdministrator(verdict.email, '', stored, origin, ports.nowMs()));
  return null;
}
