import type { DataSource } from 'typeorm';
import { rowsOf } from '../database/rows.store.js';
import { SigningKeyEntity } from './signing-key.entity.js';
import { type KeyRing, newSigningKey, openSigningKey, publishedHalf, sealSigningKey } from './signing-key.js';

/**
 * The installation's signing keys; the first start makes one. Of several starts at once one key wins, and all use it.
 */
export async function loadKeyRing(dataSource: DataSource, encryptionKey: Buffer, nowMs: number): Promise<KeyRing> {
  if (!(await dataSource.manager.existsBy(SigningKeyEntity, { state: 'current' }))) {
    const made = await newSigningKey();
    // The partial unique index on the state decides who was first.
    await rowsOf(
      dataSource.manager,
      `INSERT INTO signing_keys (kid, state, private_key_sealed, created_at) VALUES ($1, 'current', $2, $3)
       ON CONFLICT DO NOTHING`,
      [made.kid, sealSigningKey(made, encryptionKey), new Date(nowMs)],
    );
  }
  const rows = await dataSource.manager.find(SigningKeyEntity);
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
