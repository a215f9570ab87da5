import { describe, expect, it } from '@jest/globals';
import { newKey, withReplicas } from '../replica-under-test.conformance.js';
import { peppersOf, sealedForms } from './peppers.js';
import { resealSecret } from './reseal.store.js';

const tests = withReplicas();
const PEPPERS = peppersOf(Buffer.alloc(32, 3), [{ version: 2, secret: Buffer.alloc(32, 4) }], 2);

/** A key that is stored under pepper 1, and its secret in both forms. */
async function oldSecret() {
  const { keyId, digest } = await newKey(tests);
  const [sealed, old] = sealedForms(PEPPERS, digest).map(({ hmac }) => hmac);
  if (sealed === undefined || old === undefined) throw new Error('there are two peppers');
  return { keyId, digest, hmac: old, sealed };
}

async function rowsOf(keyId: string) {
  const { rows } = await tests.pool.query('SELECT * FROM key_secrets WHERE key_id = $1', [keyId]);
  return rows;
}

describe('resealSecret', () => {
  it('stores a secret under the current pepper and changes nothing else of it', async () => {
    const secret = await oldSecret();
    const [before] = await rowsOf(secret.keyId);
    expect(await resealSecret(tests.database, PEPPERS, secret)).toBe('resealed');
    expect(await rowsOf(secret.keyId)).toEqual([{ ...before, secret_hmac: secret.sealed, pepper_version: 2 }]);
    expect(await resealSecret(tests.database, PEPPERS, secret)).toBe('unchanged');
  });

  it('does it once, however many try at the same time', async () => {
    const secret = await oldSecret();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => resealSecret(tests.database, PEPPERS, secret)));
    expect(outcomes.filter((outcome) => outcome === 'resealed')).toHaveLength(1);
    expect(await rowsOf(secret.keyId)).toMatchObject([{ secret_hmac: secret.sealed, pepper_version: 2 }]);
  });

  it('leaves a secret as it is whose new form is there already', async () => {
    const [secret, other] = [await oldSecret(), await oldSecret()];
    await tests.pool.query('UPDATE key_secrets SET secret_hmac = $1 WHERE key_id = $2', [secret.sealed, other.keyId]);
    expect(await resealSecret(tests.database, PEPPERS, secret)).toBe('unchanged');
    expect(await rowsOf(secret.keyId)).toMatchObject([{ secret_hmac: secret.hmac, pepper_version: 1 }]);
  });

  it('throws where PostgreSQL refuses for another reason, so that it is tried again', async () => {
    const secret = await oldSecret();
    const tooLarge = { ...PEPPERS, current: { ...PEPPERS.current, version: 100_000 } };
    await expect(resealSecret(tests.database, tooLarge, secret)).rejects.toThrow('out of range');
  });
});
