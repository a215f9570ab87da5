import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { CLIENT_ALLOWANCES, clientSubject } from '../limits/allowance.js';
import { takeAllowance } from '../limits/allowances.store.js';
import type { Origin } from '../origin.js';
import { findOwnSession } from '../sessions/own-session.store.js';
import { openSealed, seal } from '../tokens/seal.js';
import { hashSecretToken } from '../tokens/secret-token.js';
import type { ProviderName } from './provider.js';
import { ROUND_TRIP_SECONDS, type RoundTrip } from './round-trip.js';

/** Somebody sets out: the state that comes back, and the secret of the browser that it must come back to. */
export interface Departure {
  readonly state: string;
  readonly browser: string;
  readonly trip: RoundTrip;
  readonly origin: Origin;
}

export type DepartureOutcome = 'begun' | 'too_many_attempts' | 'session_ended' | 'reauth_required';

const sealedSchema = z.strictObject({ verifier: z.string(), nonce: z.string().nullable() });

/**
 * Writes down that somebody goes to a provider. Who wants an identity linked must have signed in lately [M-09]; no
 * client sets out more often than its allowance says.
 */
export function addRoundTrip(
  dataSource: DataSource,
  { state, browser, trip, origin }: Departure,
  sealingKey: Buffer,
  nowMs: number,
): Promise<DepartureOutcome> {
  const { provider, verifier, nonce, linker } = trip;
  return inTransaction(dataSource, async (manager) => {
    if (linker !== null) {
      const own = await findOwnSession(manager, { ...linker, origin }, true, nowMs);
      if (own.kind !== 'standing') return own.kind;
    }
    const waitSeconds = await takeAllowance(
      manager,
      CLIENT_ALLOWANCES.roundTrips,
      clientSubject(origin.address),
      nowMs,
    );
    if (waitSeconds !== undefined) return 'too_many_attempts';
    const stateHash = hashSecretToken(state);
    const sealed = seal(sealingKey, sealedFor(stateHash), Buffer.from(JSON.stringify({ verifier, nonce })));
    await rowsOf(
      manager,
      `INSERT INTO federation_round_trips
         (state_hash, browser_hash, provider, sealed, link_account_id, link_session_id, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        stateHash,
        hashSecretToken(browser),
        provider,
        sealed,
        linker?.accountId ?? null,
        linker?.sessionId ?? null,
        new Date(nowMs),
        new Date(nowMs + ROUND_TRIP_SECONDS * 1_000),
      ],
    );
    return 'begun';
  });
}

/** Somebody came back. */
export interface Return {
  readonly state: string;
  readonly browser: string;
  readonly provider: ProviderName;
}

interface TripRow {
  sealed: Buffer;
  link_account_id: string | null;
  link_session_id: string | null;
}

/**
 * Takes a round trip that comes to its end: once, in the browser that it began in, with the provider that it began with,
 * and in time. Of any number at once, one statement lets one through [H-065].
 */
export async function takeRoundTrip(
  manager: EntityManager,
  { state, browser, provider }: Return,
  sealingKey: Buffer,
  nowMs: number,
): Promise<RoundTrip | undefined> {
  const stateHash = hashSecretToken(state);
  const [row] = await rowsOf<TripRow>(
    manager,
    `UPDATE federation_round_trips SET used_at = $4
     WHERE state_hash = $1 AND browser_hash = $2 AND provider = $3 AND used_at IS NULL AND expires_at > $4
     RETURNING sealed, link_account_id, link_session_id`,
    [stateHash, hashSecretToken(browser), provider, new Date(nowMs)],
  );
  if (row === undefined) return undefined;
  const plain = openSealed(sealingKey, sealedFor(stateHash), row.sealed);
  if (plain === undefined) return undefined;
  const { verifier, nonce } = sealedSchema.parse(JSON.parse(plain.toString()));
  const { link_account_id: accountId, link_session_id: sessionId } = row;
  const linker = accountId === null || sessionId === null ? null : { accountId, sessionId };
  return { provider, verifier, nonce, linker };
}

function sealedFor(stateHash: Buffer): string {
  return `round trip ${stateHash.toString('hex')}`;
}
