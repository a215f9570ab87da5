import type { AccountView } from '@gatehouse/contracts/accounts';
import type { DataSource } from 'typeorm';
import { recordAudit } from '../audit/audit.store.js';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { isOperator } from '../organizations/standing.store.js';
import { findOwnSession, type Person } from '../sessions/own-session.store.js';
import type { EmailAddress } from './email.js';

export type LookUpOutcome =
  | { readonly kind: 'found'; readonly accounts: AccountView[] }
  | { readonly kind: 'session_ended' | 'not_permitted' };

/** What the log says where no account has the address: the address itself is nobody's to keep. */
const NOBODY = 'nobody';

/**
 * The account of an address, for an operator: exactly this address, in its look-up form, so that nobody reads through all
 * accounts. Each look-up is written down, whether it found somebody or not.
 */
export function lookUpAccount(
  dataSource: DataSource,
  ...[person, email, nowMs]: [Person, EmailAddress, number]
): Promise<LookUpOutcome> {
  return inTransaction(dataSource, async (manager) => {
    const own = await findOwnSession(manager, person, false, nowMs);
    if (own.kind !== 'standing') return { kind: 'session_ended' };
    if (!(await isOperator(manager, person.accountId))) return { kind: 'not_permitted' };
    const rows = await rowsOf<AccountRow>(
      manager,
      'SELECT id, email, name, created_at, disabled_at, disabled_reason FROM accounts WHERE email_lookup = $1',
      [email.lookup],
    );
    const { accountId: actorAccountId, origin } = person;
    const target = rows[0]?.id ?? NOBODY;
    await recordAudit(manager, [
      { action: 'account.looked_up', actorAccountId, organizationId: null, target, origin, atMs: nowMs },
    ]);
    return { kind: 'found', accounts: rows.map(viewOf) };
  });
}

interface AccountRow {
  id: string;
  email: string;
  name: string;
  created_at: Date;
  disabled_at: Date | null;
  disabled_reason: string | null;
}

function viewOf({ id, email, name, created_at, disabled_at, disabled_reason }: AccountRow): AccountView {
  return {
    id,
    email,
    name,
    createdAt: created_at.toISOString(),
    disabledAt: disabled_at?.toISOString() ?? null,
    disabledReason: disabled_reason,
  };
}
