import { call } from '@gatehouse/bus/call.client';
import {
  disableKey,
  enableKey,
  getKey,
  issueKey,
  listKeys,
  removeKey,
  revokeKey,
  updateKey,
} from '@gatehouse/contracts/keys';
import { describe, expect, it } from '@jest/globals';
import { actor, auditOf, issued, request, verify, withKeys } from '../keys-under-test.conformance.js';

const tests = withKeys();
const factsOf = async (secret: string) => {
  const reply = await verify(tests, secret);
  if (reply?.kind !== 'facts') throw new Error(`no facts: ${reply?.kind}`);
  return reply.facts;
};

describe('a change of a key', () => {
  it('holds at once: scopes, addresses, quotas and uses are what the next verification says', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by, {
      scopes: ['invoices.read', 'invoices.write'],
    });
    await verify(tests, secret);
    const answer = await call(tests.client, updateKey, {
      actor: by,
      keyId: key.id,
      scopes: ['invoices.read'],
      allowedAddresses: ['192.0.2.0/24'],
      limits: { minute: 5, day: 100 },
      remainingUses: 0,
      metadata: { team: 'new' },
    });
    expect(answer).toMatchObject({
      kind: 'updated',
      key: { scopes: ['invoices.read'], limits: { minute: 5, day: 100 } },
    });
    expect(await factsOf(secret)).toMatchObject({
      revision: 2,
      scopes: ['invoices.read'],
      allowedAddresses: ['192.0.2.0/24'],
      limits: [
        { windowSeconds: 60, quota: 5 },
        { windowSeconds: 86_400, quota: 100 },
      ],
      uses: 'exhausted',
      metadata: { team: 'new' },
    });
    expect((await auditOf(tests, key.id)).at(-1)).toMatchObject({
      action: 'key.updated',
      detail: { scopes: ['invoices.read'] },
    });
  });

  it('stops a key and lets it work again, each at once', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    const asked = { actor: by, keyId: key.id };
    for (let round = 0; round < 2; round++) {
      await verify(tests, secret);
      expect(await call(tests.client, disableKey, asked)).toMatchObject({ key: { state: 'disabled' } });
      expect((await factsOf(secret)).state).toBe('disabled');
      expect(await call(tests.client, enableKey, asked)).toMatchObject({ key: { state: 'active' } });
      expect((await factsOf(secret)).state).toBe('active');
    }
  });

  it('[G5] [T5] removes a key: refused at once, in no list, kept for the audit, never back', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    await verify(tests, secret);
    const asked = { actor: by, keyId: key.id };
    expect(await call(tests.client, removeKey, asked)).toEqual({ kind: 'removed' });
    expect((await factsOf(secret)).state).toBe('revoked');
    expect(await call(tests.client, getKey, asked)).toEqual({ kind: 'not_found' });
    expect(await call(tests.client, listKeys, { actor: by })).toMatchObject({ keys: [] });
    const answers = [
      await call(tests.client, enableKey, asked),
      await call(tests.client, disableKey, asked),
      await call(tests.client, updateKey, { ...asked, name: 'back' }),
      await call(tests.client, revokeKey, asked),
    ];
    for (const answer of answers) expect(answer).toEqual({ kind: 'not_found' });
    expect(await call(tests.client, removeKey, asked)).toEqual({ kind: 'removed' });
    expect((await auditOf(tests, key.id)).map((row) => row.action)).toEqual(['key.issued', 'key.removed']);
  });

  it('[H-018] [H-019] of another organization finds nothing and changes nothing', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    const asked = { actor: actor(), keyId: key.id };
    const answers = [
      await call(tests.client, updateKey, { ...asked, name: 'theirs' }),
      await call(tests.client, disableKey, asked),
      await call(tests.client, enableKey, asked),
      await call(tests.client, removeKey, asked),
      await call(tests.client, revokeKey, asked),
    ];
    for (const answer of answers) expect(answer).toEqual({ kind: 'not_found' });
    expect(await factsOf(secret)).toMatchObject({ state: 'active', revision: 1, name: 'Production' });
  });

  it('[H-020] of 100 at once against a revoke leaves a revoked key, whatever came last', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    const asked = { actor: by, keyId: key.id };
    let revoked = false;
    const verifying = Promise.all(
      Array.from({ length: 8 }, async () => {
        // Whoever asks after the revoke has returned must hear of it.
        for (let round = 0; round < 40; round++) {
          const after = revoked;
          const { state } = await factsOf(secret);
          if (after) expect(state).toBe('revoked');
        }
      }),
    );
    const changes = Array.from({ length: 100 }, (_, index) => {
      if (index === 50)
        return call(tests.client, revokeKey, asked, 30_000).then(() => {
          revoked = true;
        });
      if (index % 3 === 0) return call(tests.client, disableKey, asked, 30_000);
      if (index % 3 === 1) return call(tests.client, enableKey, asked, 30_000);
      return call(tests.client, updateKey, { ...asked, name: `n${index}` }, 30_000);
    });
    await Promise.all(changes);
    await verifying;
    expect((await factsOf(secret)).state).toBe('revoked');
    const actions = (await auditOf(tests, key.id)).map((row) => row.action);
    expect(actions.filter((action) => action === 'key.revoked')).toHaveLength(1);
    expect(actions.at(-1)).toBe('key.revoked');
  });

  it('of 100 disables and enables at once ends in the state of the last one, with a row in the log for each', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    const asked = { actor: by, keyId: key.id };
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => call(tests.client, index % 2 ? enableKey : disableKey, asked, 30_000)),
    );
    const actions = (await auditOf(tests, key.id)).map((row) => row.action).slice(1);
    for (const [index, action] of actions.entries()) expect(action).not.toBe(actions[index + 1]);
    const { state, revision } = await factsOf(secret);
    expect(state).toBe(actions.at(-1) === 'key.disabled' ? 'disabled' : 'active');
    expect(revision).toBe(1 + actions.length);
  });
});

describe('the number of keys', () => {
  it('[A2] never passes what the plan allows: 100 creations at once make 5 keys', async () => {
    const by = actor();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => call(tests.client, issueKey, { ...request(by), plan: 'five' }, 30_000)),
    );
    expect(answers.filter(({ kind }) => kind === 'issued')).toHaveLength(5);
    const codes = answers.flatMap((answer) => (answer.kind === 'refused' ? [answer.code] : []));
    expect(new Set(codes)).toEqual(new Set(['key_quota_reached']));
    expect(await call(tests.client, listKeys, { actor: by })).toMatchObject({ keys: { length: 5 } });
  });

  it('counts live keys only: a revoked, a removed and an expired one make room', async () => {
    const by = actor();
    const create = () => call(tests.client, issueKey, { ...request(by), plan: 'five', expiresInDays: 1 });
    const made = await Promise.all(Array.from({ length: 5 }, create));
    const ids = made.map((answer) => (answer.kind === 'issued' ? answer.key.id : ''));
    expect(await create()).toMatchObject({ code: 'key_quota_reached' });
    await call(tests.client, revokeKey, { actor: by, keyId: ids[0] as string });
    expect(await create()).toMatchObject({ kind: 'issued' });
    await call(tests.client, disableKey, { actor: by, keyId: ids[1] as string });
    expect(await create()).toMatchObject({ code: 'key_quota_reached' });
    await call(tests.client, removeKey, { actor: by, keyId: ids[1] as string });
    expect(await create()).toMatchObject({ kind: 'issued' });
    tests.nowMs += 86_400_000;
    expect(await create()).toMatchObject({ kind: 'issued' });
  });

  it('counts each API by itself, and keeps no answer for a creation that was refused', async () => {
    const by = actor();
    const create = (changes: object = {}) => call(tests.client, issueKey, { ...request(by), plan: 'five', ...changes });
    await Promise.all(Array.from({ length: 5 }, () => create()));
    expect(await create({ api: 'xerotier' })).toMatchObject({ kind: 'issued' });
    expect(await create({ idempotencyKey: 'full' })).toMatchObject({ code: 'key_quota_reached' });
    const { rows } = await tests.owner.query('SELECT 1 FROM keys.kept_answers WHERE organization_id = $1', [
      by.organizationId,
    ]);
    expect(rows).toEqual([]);
  });
});
