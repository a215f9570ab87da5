import { call } from '@gatehouse/bus/call.client';
import { getKey, issueKey, listKeys, revokeKey } from '@gatehouse/contracts/keys';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { describe, expect, it } from '@jest/globals';
import { actor, auditOf, issued, openHolder, request, verify, withKeys } from '../keys-under-test.conformance.js';

const tests = withKeys();

describe('issue', () => {
  it('[E5] shows the secret in the answer to the creation only; the key verifies at once', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by, { metadata: { team: 'billing' }, expiresInDays: 1 });
    expect(key).toMatchObject({
      display: `ex_live_...${secret.slice(-4)}`,
      state: 'active',
      metadata: { team: 'billing' },
    });
    expect(await call(tests.client, getKey, { actor: by, keyId: key.id })).toEqual({ kind: 'found', key });
    expect(await verify(tests, secret)).toMatchObject({
      kind: 'facts',
      facts: { keyId: key.id, organizationId: by.organizationId, expiresAtMs: tests.nowMs + 86_400_000 },
    });
    expect(await auditOf(tests, key.id)).toMatchObject([
      { action: 'key.issued', account_id: 'acc_1', address: '192.0.2.1' },
    ]);
  });

  it('[E4] stores the secret nowhere: not in any column of any table, in no common encoding', async () => {
    const by = actor();
    const { secret } = await issued(tests, by, { idempotencyKey: 'canary' });
    const digest = digestKey(secret);
    const needles = [
      secret,
      secret.slice(8, 51),
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('base64'),
    ];
    needles.push(digest.toString('hex'), digest.toString('base64'));
    const tables = await tests.owner.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = 'keys'",
    );
    expect(tables.rows.length).toBeGreaterThan(5);
    for (const { table_name: table } of tables.rows) {
      const { rows } = await tests.owner.query(`SELECT row_to_json(t)::text AS text FROM keys.${table} t`);
      for (const needle of needles) expect(rows.some((row) => row.text.includes(needle))).toBe(false);
    }
  });

  it('refuses what it cannot do and stores nothing', async () => {
    const by = actor();
    const refusals: [object, string][] = [
      [{ api: 'nothing' }, 'unknown_api'],
      [{ scopes: ['no.such'] }, 'unknown_scope'],
      [{ scopes: ['admin'] }, 'permission_denied'],
      [{ roles: ['boss'] }, 'unknown_role'],
      [{ allowedAddresses: ['office'] }, 'invalid_address'],
      [{ environment: 'staging' }, 'unknown_environment'],
      [{ expiresAt: new Date(tests.nowMs).toISOString() }, 'invalid_expiry'],
    ];
    for (const [changes, code] of refusals) {
      expect(await call(tests.client, issueKey, { ...request(by), ...changes })).toMatchObject({
        kind: 'refused',
        code,
      });
    }
    expect(await call(tests.client, listKeys, { actor: by })).toEqual({ kind: 'listed', keys: [], nextCursor: null });
  });

  it('gives the first answer again for the same Idempotency-Key and request, for a day', async () => {
    const by = actor();
    const first = await issued(tests, by, { idempotencyKey: 'once' });
    expect(await issued(tests, by, { idempotencyKey: 'once' })).toEqual(first);
    const other = { ...request(by), name: 'Other', idempotencyKey: 'once' };
    expect(await call(tests.client, issueKey, other)).toMatchObject({ code: 'idempotency_conflict' });
    expect((await issued(tests, actor(), { idempotencyKey: 'once' })).key.id).not.toBe(first.key.id);
    tests.nowMs += 86_400_000;
    expect((await issued(tests, by, { idempotencyKey: 'once' })).key.id).not.toBe(first.key.id);
  });

  it('creates exactly one key of 20 requests at once with one Idempotency-Key', async () => {
    const by = actor();
    const answers = await Promise.all(Array.from({ length: 20 }, () => issued(tests, by, { idempotencyKey: 'race' })));
    expect(new Set(answers.map((answer) => answer.secret)).size).toBe(1);
    const listed = await call(tests.client, listKeys, { actor: by });
    expect(listed).toMatchObject({ kind: 'listed', keys: [{ id: answers[0]?.key.id }] });
  });
});

describe('list and get', () => {
  it('[E7] [E9] lists every key of the organization once, newest first, expired and revoked ones too', async () => {
    const by = actor();
    const made: string[] = [];
    for (let index = 0; index < 7; index++) {
      made.unshift((await issued(tests, by, index === 0 ? { expiresInDays: 1 } : {})).key.id);
      if (index % 3 === 0) tests.nowMs += 1;
    }
    await call(tests.client, revokeKey, { actor: by, keyId: made[1] as string });
    tests.nowMs += 86_400_000;
    const seen: { id: string; state: string; createdAt: string }[] = [];
    let cursor: string | undefined;
    do {
      const page = await call(tests.client, listKeys, {
        actor: by,
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (page.kind !== 'listed') throw new Error(page.code);
      seen.push(...page.keys);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.map((key) => key.id).sort()).toEqual([...made].sort());
    expect(seen.map((key) => key.createdAt)).toEqual([...seen.map((key) => key.createdAt)].sort().reverse());
    expect(seen.find((key) => key.id === made[6])?.state).toBe('expired');
    expect(seen.find((key) => key.id === made[1])?.state).toBe('revoked');
  });

  it('filters by API and project', async () => {
    const by = actor();
    await issued(tests, by, { projectId: 'prj_2' });
    expect(await call(tests.client, listKeys, { actor: by, projectId: 'prj_2', api: 'exante' })).toMatchObject({
      keys: [{}],
    });
    expect(await call(tests.client, listKeys, { actor: by, projectId: 'prj_1' })).toMatchObject({ keys: [] });
    expect(await call(tests.client, listKeys, { actor: by, api: 'xantly' })).toMatchObject({ keys: [] });
  });

  it('filters by who made them, so that the keys of a member who lost a role or left are found [H-027]', async () => {
    const by = actor();
    const colleague = { ...by, accountId: 'acc_colleague' };
    await issued(tests, by);
    const ids = [(await issued(tests, colleague)).key.id, (await issued(tests, colleague)).key.id];
    const first = await call(tests.client, listKeys, { actor: by, createdBy: 'acc_colleague', limit: 1 });
    if (first.kind !== 'listed' || first.nextCursor === null) throw new Error('there is no second page');
    const more = { createdBy: 'acc_colleague', cursor: first.nextCursor };
    const second = await call(tests.client, listKeys, { actor: by, ...more });
    if (second.kind !== 'listed') throw new Error(second.code);
    expect([...first.keys, ...second.keys].map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(await call(tests.client, listKeys, { actor: actor(), createdBy: 'acc_colleague' })).toMatchObject({
      keys: [],
    });
  });

  it('refuses a cursor of another organization, and one that was made up', async () => {
    const [by, other] = [actor(), actor()];
    for (const each of [by, other]) await Promise.all([issued(tests, each), issued(tests, each)]);
    const page = await call(tests.client, listKeys, { actor: by, limit: 1 });
    if (page.kind !== 'listed' || page.nextCursor === null) throw new Error('there is no second page');
    for (const [who, cursor] of [
      [other, page.nextCursor],
      [by, 'AAAA'],
      [by, "x' OR '1'='1"],
    ] as const) {
      expect(await call(tests.client, listKeys, { actor: who, cursor })).toMatchObject({ code: 'invalid_cursor' });
    }
  });

  it('does not find a key of another organization, nor what is no key id, and changes nothing of it', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    for (const keyId of [key.id, 'key_', '', '\u0000', "' OR 1=1 --"]) {
      const who = actor();
      expect(await call(tests.client, getKey, { actor: who, keyId })).toEqual({ kind: 'not_found' });
      expect(await call(tests.client, revokeKey, { actor: who, keyId })).toEqual({ kind: 'not_found' });
    }
    expect(await verify(tests, secret)).toMatchObject({ facts: { state: 'active' } });
  });
});

describe('revoke', () => {
  it('[E12] [T5] ends a key for good, with one audit row; again is the same key and the first reason', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    await verify(tests, secret);
    const first = await call(tests.client, revokeKey, { actor: by, keyId: key.id, reason: 'leaked' });
    expect(await verify(tests, secret)).toMatchObject({ facts: { state: 'revoked', revision: 2 } });
    tests.nowMs += 1_000;
    const again = await call(tests.client, revokeKey, { actor: by, keyId: key.id, reason: 'other' });
    expect(again).toEqual({ ...first, settlement: expect.anything() });
    expect(again).toMatchObject({ key: { state: 'revoked', revocationReason: 'leaked' } });
    expect((await auditOf(tests, key.id)).map((row) => [row.action, row.detail.reason])).toEqual([
      ['key.issued', undefined],
      ['key.revoked', 'leaked'],
    ]);
  });

  it('tells every lease holder again where the key was revoked before: who did it may have died in between', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    const { told, leave } = await openHolder(tests);
    await call(tests.client, revokeKey, { actor: by, keyId: key.id });
    await call(tests.client, revokeKey, { actor: by, keyId: key.id });
    expect(told).toEqual([`announced ${key.id}`, `made ${key.id}`, `made ${key.id}`]);
    // Who may not change the key makes no holder forget it.
    await call(tests.client, revokeKey, { actor: actor(), keyId: key.id });
    expect(told).toHaveLength(3);
    await leave();
  });

  it('happens once where 20 ask at the same time', async () => {
    const by = actor();
    const { key } = await issued(tests, by);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        call(tests.client, revokeKey, { actor: by, keyId: key.id, reason: String(index) }),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await auditOf(tests, key.id)).toHaveLength(2);
  });

  it('is a fault, not an answer, where it cannot be written', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    await tests.owner.query('ALTER TABLE keys.audit_entries RENAME TO gone');
    try {
      await expect(call(tests.client, revokeKey, { actor: by, keyId: key.id })).rejects.toThrow();
      await expect(call(tests.client, issueKey, request(by))).rejects.toThrow();
    } finally {
      await tests.owner.query('ALTER TABLE keys.gone RENAME TO audit_entries');
    }
    expect(await verify(tests, secret)).toMatchObject({ facts: { state: 'active' } });
    expect(await call(tests.client, listKeys, { actor: by })).toMatchObject({ keys: [{ id: key.id }] });
  });
});
