import type { DataSource } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction } from '../database/rows.store.js';
import { forgetDevices } from '../devices/known-devices.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { endAccess } from '../sessions/end-access.store.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';
import { proceed } from '../sign-in/proceed.store.js';
import type { Proceeded } from '../sign-in/proceeded.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import { forgiveGuess } from './guesses.store.js';
import { mailPasswordChanged, setPassword } from './passwords.store.js';
import type { ProvenPassword } from './prove-password.js';
import type { StoredHash } from './stored-hash.js';

/**
 * Sets another password in the place of the one that was proven: every access of the account ends, this session too, and
 * every other device is a stranger. This person goes on in a new session, with what the one before had shown [T24].
 */
export function recordPasswordChange(
  dataSource: DataSource,
  mailing: Mailing,
  ...[person, proven, stored, keptDevice, nowMs]: [Person, ProvenPassword, StoredHash, string | undefined, number]
): Promise<Proceeded | { readonly kind: 'session_ended' } | { readonly kind: 'password_wrong' }> {
  const { accountId, origin } = person;
  return inTransaction(dataSource, async (manager) => {
    if (!(await forgiveGuess(manager, proven, nowMs))) return { kind: 'password_wrong' };
    const own = await findOwnSession(manager, person, false, nowMs);
    if (own.kind !== 'standing') return { kind: 'session_ended' };
    const { account, proofs } = own.session;
    await setPassword(manager, accountId, stored, nowMs);
    await forgetDevices(manager, accountId, keptDevice === undefined ? undefined : hashSecretToken(keptDevice));
    await endAccess(manager, { accountId, exceptSessionId: null, reason: 'password_changed', origin, nowMs });
    const entry = { action: 'password.changed', actorAccountId: accountId, target: accountId, origin } as const;
    await recordAudit(manager, [{ ...entry, organizationId: null, atMs: nowMs }]);
    await mailPasswordChanged(manager, mailing, account, origin, nowMs);
    return proceed(manager, { accountId, proven: [...new Set(['password' as const, ...proofs])], origin, nowMs });
  });
}
