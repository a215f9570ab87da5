import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderOfTheRun } from '@gatehouse/testing/temporary-folder';
import type { DataSource } from 'typeorm';
import { newSigningKey, type SigningKey, sealSigningKey } from './signing-key.js';

/**
 * Puts signing keys into a migrated database as a first start leaves them: one that signs, and the next one. RSA keys take
 * longer to make than most tests, so each process of a run makes two and keeps them in GATEHOUSE_TEST_FOLDER.
 * @param owner a login that sees the schema `identity`
 */
export async function putSigningKeys(owner: DataSource, encryptionKey: Buffer, nowMs: number): Promise<void> {
  for (const [place, key] of (await keysOfTheRun()).entries()) {
    await owner.query(
      `INSERT INTO identity.signing_keys (kid, state, private_key_sealed, created_at, state_since)
       VALUES ($1, $2, $3, $4, $4)`,
      [key.kid, place === 0 ? 'current' : 'next', sealSigningKey(key, encryptionKey), new Date(nowMs)],
    );
  }
}

async function keysOfTheRun(): Promise<readonly SigningKey[]> {
  const run = folderOfTheRun();
  const file = run === undefined ? undefined : join(run, `signing-keys-${process.pid}.json`);
  if (file !== undefined && existsSync(file)) {
    const kept = JSON.parse(await readFile(file, 'utf8')) as { readonly kid: string; readonly pem: string }[];
    return kept.map(({ kid, pem }) => ({ kid, privateKey: createPrivateKey(pem) }));
  }
  const keys = await Promise.all([newSigningKey(), newSigningKey()]);
  if (file !== undefined) {
    const kept = keys.map(({ kid, privateKey }) => ({
      kid,
      pem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }));
    await writeFile(file, JSON.stringify(kept), { mode: 0o600 });
  }
  return keys;
}
