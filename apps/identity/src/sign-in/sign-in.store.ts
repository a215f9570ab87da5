import type { DataSource } from 'typeorm';
import { replaceHash } from '../accounts/accounts.store.js';
import { inTransaction } from '../database/rows.store.js';
import { addSession } from '../sessions/sessions.store.js';
import type { SignInRecord } from './sign-in.js';
import { forgiveAttempts } from './sign-in-attempts.store.js';

/** Writes what a successful sign-in changes, all or nothing. */
export function recordSignIn(dataSource: DataSource, record: SignInRecord): Promise<void> {
  const { session, rehashed } = record;
  return inTransaction(dataSource, async (manager) => {
    await addSession(manager, session, record.tokenHash);
    await forgiveAttempts(manager, record.addressHash, session.lastSeenAtMs);
    if (rehashed !== undefined) await replaceHash(manager, session.account.id, rehashed.old, rehashed.fresh);
  });
}
