import { randomBytes } from 'node:crypto';
import { call } from '@gatehouse/bus/call.client';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import { enableKey, getKey, revokeKey, rotateKey } from '@gatehouse/contracts/keys';
import { type Leak, reportLeaks } from '@gatehouse/contracts/leaks';
import { listNotices, readNotice } from '@gatehouse/contracts/notices';
import { digestKey, sealDigest } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { describe, expect, it } from '@jest/globals';
import { actor, auditOf, issued, openHolder, SECRET, verify, withKeys } from '../keys-under-test.conformance.js';
import { newKeyId } from '../lifecycle/key-id.js';

const REPORTED = { reporter: 'github', address: '192.0.2.7', requestId: 'req_github' } as const;
const aLeak = (secret: string, changes: Partial<Leak> = {}): Leak => ({
  digest: digestKey(secret).toString('base64'),
  source: 'content',
  url: 'https://github.com/o/r/blob/1/a.txt',
  type: 'exante-live',
  ...changes,
});

describe('keys that were found in public', () => {
  const tests = withKeys();
  const report = async (...leaks: Leak[]) => (await call(tests.client, reportLeaks, { ...REPORTED, leaks })).known;
  /** On a busy machine a lookup may miss its deadline, which says nothing of the key: then it is asked again. */
  const replyTo = async (secret: string) => {
    for (const startedMs = performance.now(); performance.now() - startedMs < 10_000; ) {
      const reply = await verify(tests, secret);
      if (reply?.kind !== 'unavailable') return reply;
    }
    throw new Error('keys cannot be looked up');
  };
  const stateOf = async (secret: string) => {
    const reply = await replyTo(secret);
    return reply?.kind === 'facts' ? reply.facts.state : reply?.kind;
  };
  const noticesOf = async (by: ReturnType<typeof actor>, changes: object = {}) => {
    const answer = await call(tests.client, listNotices, { actor: by, ...changes });
    if (answer.kind !== 'listed') throw new Error(answer.message);
    return answer;
  };
  const keyOf = async (by: ReturnType<typeof actor>, keyId: string) => {
    const answer = await call(tests.client, getKey, { actor: by, keyId });
    if (answer.kind !== 'found') throw new Error('the key is gone');
    return answer.key;
  };

  it('are announced to every lease holder before they change, and told again where the same leak comes twice', async () => {
    const keys = [await issued(tests, actor()), await issued(tests, actor())] as const;
    const leaks = keys.map(({ secret }) => aLeak(secret));
    const { told, leave } = await openHolder(tests);
    await report(...leaks.slice(0, 1));
    const [first, second] = keys.map(({ key }) => key.id);
    expect(told).toEqual([`announced ${first}`, `made ${first}`]);
    await report(...leaks);
    expect(told.slice(2)).toEqual([`announced ${first},${second}`, `made ${first},${second}`]);
    await report(...leaks);
    expect(told.slice(4)).toEqual([`made ${first},${second}`]);
    await leave();
  });

  it('are revoked with the reason `leaked`, their owner is told, the audit log has it [GH-05]', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    expect(await stateOf(secret)).toBe('active');
    expect(await report(aLeak(secret))).toEqual([true]);
    expect(await stateOf(secret)).toBe('revoked');
    expect(await keyOf(by, key.id)).toMatchObject({ state: 'revoked', revocationReason: 'leaked' });
    const { notices } = await noticesOf(by);
    expect(notices).toEqual([
      {
        id: expect.stringMatching(/^ntc_[0-9A-Za-z]{22}$/),
        at: new Date(tests.nowMs).toISOString(),
        kind: 'key.leaked',
        keyId: key.id,
        detail: {
          response: 'revoked',
          reporter: 'github',
          source: 'content',
          url: 'https://github.com/o/r/blob/1/a.txt',
          type: 'exante-live',
          api: 'exante',
          display: key.display,
        },
        readAt: null,
      },
    ]);
    expect((await auditOf(tests, key.id)).at(-1)).toMatchObject({
      action: 'key.leaked',
      organization_id: by.organizationId,
      account_id: 'github',
      role: 'reporter',
      address: '192.0.2.7',
      request_id: 'req_github',
      detail: { response: 'revoked', url: 'https://github.com/o/r/blob/1/a.txt', generation: 1 },
    });
  });

  it('are told from those that never were one, in the order of the report', async () => {
    const { secret } = await issued(tests, actor());
    const strangers = [aLeak(mintKey('ex_live_')), aLeak(mintKey('ex_live_'))] as const;
    expect(await report(strangers[0], aLeak(secret), strangers[1])).toEqual([false, true, false]);
    expect(await stateOf(secret)).toBe('revoked');
  });

  it('are known by their current secret only as what they are: another key stays alive', async () => {
    const by = actor();
    const [leaked, other] = [await issued(tests, by), await issued(tests, by)];
    await report(aLeak(leaked.secret));
    expect(await stateOf(other.secret)).toBe('active');
  });

  it('are answered the same, and change no more, when the report comes again', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    const leaks = [aLeak(secret), aLeak(mintKey('ex_live_')), aLeak(secret, { url: 'https://github.com/o/r/b' })];
    const first = await report(...leaks);
    const before = [await keyOf(by, key.id), (await auditOf(tests, key.id)).length, await noticesOf(by)];
    tests.nowMs += 60_000;
    expect(await report(...leaks)).toEqual(first);
    expect([await keyOf(by, key.id), (await auditOf(tests, key.id)).length, await noticesOf(by)]).toEqual(before);
    expect((await noticesOf(by)).notices).toHaveLength(2);
  });

  it('are revoked once, and told of once, however many reports come at once', async () => {
    const by = actor();
    const keys = await Promise.all(Array.from({ length: 8 }, () => issued(tests, by)));
    const leaks = keys.map(({ secret }) => aLeak(secret));
    const reports = Array.from({ length: 12 }, (_, index) => report(...(index % 2 === 0 ? leaks : leaks.toReversed())));
    for (const known of await Promise.all(reports)) expect(known).toEqual(leaks.map(() => true));
    for (const { key } of keys) {
      const actions = (await auditOf(tests, key.id)).map(({ action }) => action);
      expect(actions).toEqual(['key.issued', 'key.leaked']);
    }
    expect((await noticesOf(by)).notices).toHaveLength(8);
  });

  it('stay as they are where they were revoked before, with the first reason; their owner learns of the place', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    await call(tests.client, revokeKey, { actor: by, keyId: key.id, reason: 'no longer needed' });
    expect(await report(aLeak(secret))).toEqual([true]);
    expect(await keyOf(by, key.id)).toMatchObject({ revocationReason: 'no longer needed' });
    expect((await noticesOf(by)).notices).toMatchObject([{ detail: { response: 'none' } }]);
  });

  it('are quarantined where their API wants that; who has enabled one again is not overruled by the same report', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by, { api: 'held' });
    expect(await report(aLeak(secret))).toEqual([true]);
    expect(await stateOf(secret)).toBe('quarantined');
    await call(tests.client, enableKey, { actor: by, keyId: key.id });
    expect(await report(aLeak(secret))).toEqual([true]);
    expect(await stateOf(secret)).toBe('active');
    expect(await report(aLeak(secret, { url: 'https://github.com/o/elsewhere' }))).toEqual([true]);
    expect(await stateOf(secret)).toBe('quarantined');
  });

  it('go on working where their API wants only a notice', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by, { api: 'told' });
    const before = await keyOf(by, key.id);
    expect(await report(aLeak(secret))).toEqual([true]);
    expect([await stateOf(secret), await keyOf(by, key.id)]).toEqual(['active', before]);
    expect((await noticesOf(by)).notices).toMatchObject([{ detail: { response: 'none' } }]);
  });

  it('lose the old secret alone while they are rotated; the new one is good, the old one cannot be brought back', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    const rotation = { actor: by, keyId: key.id, projectSlug: 'default', graceSeconds: 3_600 };
    const rotated = await call(tests.client, rotateKey, rotation);
    if (rotated.kind !== 'rotated') throw new Error('not rotated');
    expect(await report(aLeak(secret))).toEqual([true]);
    const old = await replyTo(secret);
    expect(old).toMatchObject({ kind: 'facts', facts: { state: 'active', secret: { endsAtMs: 0 } } });
    expect(await replyTo(rotated.secret)).toMatchObject({
      kind: 'facts',
      facts: { state: 'active', secret: { endsAtMs: null } },
    });
    expect((await keyOf(by, key.id)).rotation).toBeNull();
    expect((await noticesOf(by)).notices).toMatchObject([
      { detail: { response: 'secret_ended', display: key.display } },
    ]);
  });

  it('stay alive where a retired secret is found, which is a true find all the same', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by);
    const rotation = { actor: by, keyId: key.id, projectSlug: 'default', graceSeconds: 0 };
    const rotated = await call(tests.client, rotateKey, rotation);
    if (rotated.kind !== 'rotated') throw new Error('not rotated');
    expect(await report(aLeak(secret))).toEqual([true]);
    expect(await stateOf(rotated.secret)).toBe('active');
    expect(await keyOf(by, key.id)).toMatchObject({ state: 'active' });
    expect(await report(aLeak(rotated.secret))).toEqual([true]);
    expect(await stateOf(rotated.secret)).toBe('revoked');
  });

  it('are responded to all or not at all: where one notice cannot be written, no key has changed', async () => {
    const by = actor();
    const keys = [await issued(tests, by), await issued(tests, by)];
    await tests.owner.query(
      `ALTER TABLE keys.notices ADD CONSTRAINT broken_by_the_test CHECK (key_id <> '${keys[1]?.key.id}')`,
    );
    try {
      await expect(report(...keys.map(({ secret }) => aLeak(secret)))).rejects.toThrow();
      for (const { key, secret } of keys) {
        expect(await stateOf(secret)).toBe('active');
        expect((await auditOf(tests, key.id)).map(({ action }) => action)).toEqual(['key.issued']);
      }
      expect((await noticesOf(by)).notices).toEqual([]);
    } finally {
      await tests.owner.query('ALTER TABLE keys.notices DROP CONSTRAINT broken_by_the_test');
    }
    expect(await report(...keys.map(({ secret }) => aLeak(secret)))).toEqual([true, true]);
    for (const { secret } of keys) expect(await stateOf(secret)).toBe('revoked');
  });

  it('can be ten thousand, in less than 30 seconds [GH-04]', async () => {
    const organization = `org_${randomBytes(8).toString('hex')}`;
    const pepper = deriveSecret(SECRET, 'key-pepper');
    const secrets = Array.from({ length: 10_000 }, () => mintKey('ex_live_'));
    await tests.owner.query('SET search_path = keys');
    await tests.owner.query(`INSERT INTO organizations (organization_id, plan) VALUES ($1, 'free')`, [organization]);
    const ids = secrets.map(() => newKeyId());
    await tests.owner.query(
      `INSERT INTO api_keys (id, organization_id, project_id, api, environment, name, scopes, state, revision, metadata,
         created_at, created_by, created_by_role)
       SELECT id, $2, 'prj_1', 'exante', 'live', 'many', '{}', 'active', 1, '{}', now(), 'acc_1', 'developer'
       FROM unnest($1::text[]) AS id`,
      [ids, organization],
    );
    await tests.owner.query(
      `INSERT INTO key_secrets (secret_hmac, pepper_version, key_id, generation, display, created_at)
       SELECT hmac, 1, id, 1, 'ex_live_...many', now() FROM unnest($1::bytea[], $2::text[]) AS made (hmac, id)`,
      [secrets.map((secret) => sealDigest(pepper, digestKey(secret))), ids],
    );
    const startedMs = performance.now();
    for (let from = 0; from < secrets.length; from += 500) {
      const known = await report(...secrets.slice(from, from + 500).map((secret) => aLeak(secret)));
      expect(known.every((one) => one)).toBe(true);
    }
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeLessThan(30_000);
    const { rows } = await tests.owner.query(
      `SELECT count(*) FILTER (WHERE state = 'revoked' AND revocation_reason = 'leaked') AS revoked,
         (SELECT count(*) FROM notices WHERE organization_id = $1) AS notices,
         (SELECT count(*) FROM audit_entries WHERE organization_id = $1 AND action = 'key.leaked') AS audited,
         (SELECT count(*) FROM key_changes WHERE key_id = ANY($2)) AS numbered
       FROM api_keys WHERE organization_id = $1`,
      [organization, ids],
    );
    expect(rows).toEqual([{ revoked: '10000', notices: '10000', audited: '10000', numbered: '10000' }]);
    for (const secret of secrets.filter((_, index) => index % 997 === 0)) expect(await stateOf(secret)).toBe('revoked');
  });

  describe('the notices of an organization', () => {
    it('are listed newest first, page by page, and no other organization sees them', async () => {
      const by = actor();
      const told: string[] = [];
      for (let index = 0; index < 7; index++) {
        const { key, secret } = await issued(tests, by);
        await report(aLeak(secret));
        told.unshift(key.id);
        tests.nowMs += index % 2;
      }
      const stranger = await issued(tests, actor());
      await report(aLeak(stranger.secret));
      const seen: (string | null)[] = [];
      let cursor: string | undefined;
      do {
        const page = await noticesOf(by, { limit: 3, cursor });
        seen.push(...page.notices.map(({ keyId }) => keyId));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen.toSorted()).toEqual(told.toSorted());
      const moments = (await noticesOf(by)).notices.map(({ at }) => at);
      expect(moments).toEqual(moments.toSorted().reverse());
    });

    it('refuse a cursor that is none', async () => {
      for (const cursor of ['x', 'AAAA', Buffer.from('99999999999999.ntc_a').toString('base64url')]) {
        expect(await call(tests.client, listNotices, { actor: actor(), cursor })).toMatchObject({ kind: 'refused' });
      }
    });

    it('can be marked as read by their organization alone, and the first moment stays', async () => {
      const by = actor();
      const { secret } = await issued(tests, by);
      await report(aLeak(secret));
      const [notice] = (await noticesOf(by)).notices;
      const noticeId = notice?.id ?? '';
      const read = (who: typeof by, id = noticeId) => call(tests.client, readNotice, { actor: who, noticeId: id });
      expect(await read(actor())).toEqual({ kind: 'not_found' });
      expect(await read(by, 'ntc_x')).toEqual({ kind: 'not_found' });
      const readAt = new Date(tests.nowMs).toISOString();
      expect(await read(by)).toMatchObject({ kind: 'read', notice: { id: noticeId, readAt } });
      tests.nowMs += 1_000;
      expect(await read(by)).toMatchObject({ kind: 'read', notice: { readAt } });
      expect((await noticesOf(by, { unreadOnly: true })).notices).toEqual([]);
      expect((await noticesOf(by)).notices).toHaveLength(1);
    });
  });
});
