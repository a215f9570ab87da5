import { call } from '@gatehouse/bus/call.client';
import { disableKey, removeKey, revokeKey, rotateKey } from '@gatehouse/contracts/keys';
import { selfRevokeKey } from '@gatehouse/contracts/possession';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import { actor, auditOf, issued, verify, withKeys } from '../keys-under-test.conformance.js';

const tests = withKeys();

const selfRevoke = (secret: string, reason?: string) =>
  call(tests.client, selfRevokeKey, {
    digest: digestKey(secret).toString('hex'),
    reason,
    address: '198.51.100.7',
    requestId: 'req_self',
  });

/** Rotates a key, and gives its new secret. */
async function rotated(keyId: string, by: ReturnType<typeof actor>, graceSeconds: number): Promise<string> {
  const answer = await call(tests.client, rotateKey, { actor: by, keyId, projectSlug: 'default', graceSeconds });
  if (answer.kind !== 'rotated') throw new Error(`not rotated: ${JSON.stringify(answer)}`);
  return answer.secret;
}

describe('a revoke by whoever has the secret [F.A29]', () => {
  it('ends the key everywhere when it has answered, and the audit log names the key as who did it', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    await verify(tests, secret);
    expect(await selfRevoke(secret, 'found in a log')).toEqual({
      kind: 'revoked',
      keyId: key.id,
      revokedAt: new Date(tests.nowMs).toISOString(),
      revocationReason: 'found in a log',
    });
    expect(await verify(tests, secret)).toMatchObject({ kind: 'facts', facts: { state: 'revoked' } });
    expect((await auditOf(tests, key.id)).at(-1)).toMatchObject({
      action: 'key.revoked',
      account_id: key.id,
      organization_id: by.organizationId,
      address: '198.51.100.7',
      request_id: 'req_self',
      detail: { reason: 'found in a log' },
    });
  });

  it('answers the same again, keeps the first reason, and writes one entry, of any number at once', async () => {
    const { key, secret } = await issued(tests, actor());
    const answers = await Promise.all(Array.from({ length: 16 }, (_, index) => selfRevoke(secret, `reason ${index}`)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await selfRevoke(secret)).toEqual(answers[0]);
    expect((await auditOf(tests, key.id)).filter(({ action }) => action === 'key.revoked')).toHaveLength(1);
  });

  it('keeps what another revoke has said before', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    await call(tests.client, revokeKey, { actor: by, keyId: key.id, reason: 'by its owner' });
    expect(await selfRevoke(secret, 'mine')).toMatchObject({ kind: 'revoked', revocationReason: 'by its owner' });
    const removed = await issued(tests, by);
    await call(tests.client, removeKey, { actor: by, keyId: removed.key.id });
    expect(await selfRevoke(removed.secret)).toMatchObject({ kind: 'revoked', revocationReason: 'deleted' });
  });

  it('knows no secret that is none', async () => {
    for (const secret of [mintKey('ex_live_'), 'x', '']) expect(await selfRevoke(secret)).toEqual({ kind: 'unknown' });
  });

  it('takes the old secret of a rotation in its grace, and not after: an old find must not end a key in use', async () => {
    const by = actor();
    const { key, secret: old } = await issued(tests, by);
    const current = await rotated(key.id, by, 60);
    tests.nowMs += 60_000;
    expect(await selfRevoke(old, 'mine')).toEqual({ kind: 'secret_retired' });
    expect(await verify(tests, current)).toMatchObject({ facts: { state: 'active' } });
    const next = await rotated(key.id, by, 60);
    expect(await selfRevoke(current, 'mine')).toMatchObject({ kind: 'revoked' });
    expect(await verify(tests, next)).toMatchObject({ facts: { state: 'revoked' } });
    // Of a key that has ended, whoever had a secret of it may know.
    expect(await selfRevoke(old)).toMatchObject({ kind: 'revoked', revocationReason: 'mine' });
  });

  it('ends a key that has expired or is disabled as well', async () => {
    const expired = await issued(tests, actor(), { expiresInDays: 1 });
    tests.nowMs += 86_400_000;
    expect(await selfRevoke(expired.secret)).toMatchObject({ kind: 'revoked' });
    const by = actor();
    const disabled = await issued(tests, by);
    await call(tests.client, disableKey, { actor: by, keyId: disabled.key.id });
    expect(await selfRevoke(disabled.secret)).toMatchObject({ kind: 'revoked' });
  });

  it('is refused for what is no digest', async () => {
    const ask = (digest: string) => call(tests.client, selfRevokeKey, { digest, address: '', requestId: '' });
    for (const digest of ['', 'x'.repeat(64), 'A'.repeat(64), 'a'.repeat(63)])
      await expect(ask(digest)).rejects.toThrow();
  });
});
