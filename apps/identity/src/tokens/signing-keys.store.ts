import type { DataSource, EntityManager } from 'typeorm';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { SigningKeyEntity } from './signing-key.entity.js';
import {
  type KeyRing,
  newSigningKey,
  openSigningKey,
  publishedHalf,
  type SigningKey,
  sealSigningKey,
} from './signing-key.js';
import { careForKeys, type SigningKeyFacts, type SigningKeyState } from './signing-key-care.js';

/**
 * The installation's signing keys; the first start makes one. Of several starts at once one key wins, and all use it.
 */
export async function loadKeyRing(dataSource: DataSource, encryptionKey: Buffer, nowMs: number): Promise<KeyRing> {
  if (!(await dataSource.manager.existsBy(SigningKeyEntity, { state: 'current' }))) {
    // The partial unique index on the state decides who was first.
    await addKey(dataSource.manager, await newSigningKey(), 'current', encryptionKey, nowMs);
  }
  return readKeyRing(dataSource.manager, encryptionKey);
}

/** The keys as they are now: what was removed is not among them. */
export async function readKeyRing(manager: EntityManager, encryptionKey: Buffer): Promise<KeyRing> {
  const rows = await manager.find(SigningKeyEntity);
  const keys = rows.map((row) => ({
    state: row.state,
    key: openSigningKey(row.kid, row.privateKeySealed, encryptionKey),
  }));
  const current = keys.find(({ state }) => state === 'current');
  if (current === undefined) throw new Error('there is no current signing key');
  return {
    current: current.key,
    published: new Map(keys.map(({ key }) => [key.kid, publishedHalf(key)])),
  };
}

/**
 * Does what time asks for; see `careForKeys`. Called by every replica now and then: one at a time does it, and a key is made
 * before its turn, since that takes longer than others should wait.
 */
export async function careForSigningKeys(dataSource: DataSource, encryptionKey: Buffer, nowMs: number): Promise<void> {
  const expected = careForKeys(await readFacts(dataSource.manager), nowMs);
  if (!expected.makeNext && expected.remove.length === 0) return;
  const made = expected.makeNext ? await newSigningKey() : undefined;
  await inTransaction(dataSource, async (manager) => {
    const care = careForKeys(await lockKeys(manager), nowMs);
    await removeKeys(manager, care.remove);
    if (made === undefined || !care.makeNext) return;
    if (care.rotate) await promoteNext(manager, nowMs);
    await addKey(manager, made, 'next', encryptionKey, nowMs);
  });
}

/** Keys that were made before the transaction that may need them. */
export type SpareKeys = readonly [SigningKey, SigningKey];

export async function makeSpareKeys(): Promise<SpareKeys> {
  return [await newSigningKey(), await newSigningKey()];
}

/**
 * Lets the next key sign from now on.
 * @param drop whether the keys of until now are removed at once, because somebody may have them: every token that they
 * signed is refused, and the next key, which may be known as well, is made anew.
 */
export async function rotateSigningKeys(
  manager: EntityManager,
  drop: boolean,
  [one, other]: SpareKeys,
  encryptionKey: Buffer,
  nowMs: number,
): Promise<void> {
  const keys = await lockKeys(manager);
  if (drop) {
    await removeKeys(
      manager,
      keys.map(({ kid }) => kid),
    );
    await addKey(manager, one, 'current', encryptionKey, nowMs);
  } else {
    if (!keys.some(({ state }) => state === 'next')) await addKey(manager, one, 'next', encryptionKey, nowMs);
    await promoteNext(manager, nowMs);
  }
  await addKey(manager, other, 'next', encryptionKey, nowMs);
}

/** No other change of the keys is under way until this transaction ends; they can be read. */
async function lockKeys(manager: EntityManager): Promise<SigningKeyFacts[]> {
  await rowsOf(manager, `SELECT pg_advisory_xact_lock(hashtext('identity.signing_keys'))`, []);
  return readFacts(manager);
}

async function readFacts(manager: EntityManager): Promise<SigningKeyFacts[]> {
  const rows = await rowsOf<{ kid: string; state: SigningKeyState; state_since: Date }>(
    manager,
    'SELECT kid, state, state_since FROM signing_keys',
    [],
  );
  return rows.map(({ kid, state, state_since: since }) => ({ kid, state, stateSinceMs: since.getTime() }));
}

async function promoteNext(manager: EntityManager, nowMs: number): Promise<void> {
  for (const [from, to] of [
    ['current', 'retired'],
    ['next', 'current'],
  ]) {
    await rowsOf(manager, 'UPDATE signing_keys SET state = $2, state_since = $3 WHERE state = $1 RETURNING kid', [
      from,
      to,
      new Date(nowMs),
    ]);
  }
}

async function removeKeys(manager: EntityManager, kids: readonly string[]): Promise<void> {
  if (kids.length === 0) return;
  await rowsOf(manager, 'DELETE FROM signing_keys WHERE kid = ANY($1) RETURNING kid', [kids]);
}

async function addKey(
  manager: EntityManager,
  made: SigningKey,
  state: SigningKeyState,
  encryptionKey: Buffer,
  nowMs: number,
): Promise<void> {
  await rowsOf(
    manager,
    `INSERT INTO signing_keys (kid, state, private_key_sealed, created_at, state_since) VALUES ($1, $2, $3, $4, $4)
     ON CONFLICT DO NOTHING`,
    [made.kid, state, sealSigningKey(made, encryptionKey), new Date(nowMs)],
  );
}
