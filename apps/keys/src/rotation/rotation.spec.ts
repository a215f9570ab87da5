import { call } from '@gatehouse/bus/call.client';
import { cancelRotation, finishRotation, getKey, revokeKey, rotateKey } from '@gatehouse/contracts/keys';
import { describe, expect, it } from '@jest/globals';
import { actor, auditOf, issued, verify, withKeys } from '../keys-under-test.conformance.js';

const tests = withKeys();

async function rotated(by: ReturnType<typeof actor>, keyId: string, graceSeconds = 60) {
  const answer = await call(tests.client, rotateKey, { actor: by, keyId, projectSlug: 'default', graceSeconds });
  if (answer.kind !== 'rotated') throw new Error(`not rotated: ${JSON.stringify(answer)}`);
  return answer;
}

/** Whether a secret is good now, as the facts of its verification say. */
async function isGood(secret: string) {
  const reply = await verify(tests, secret);
  if (reply?.kind !== 'facts') return false;
  const { state, secret: presented } = reply.facts;
  return state === 'active' && (presented.endsAtMs === null || tests.nowMs < presented.endsAtMs);
}

describe('a rotation', () => {
  it('keeps the id; both secrets verify until the grace ends, then the new one alone', async () => {
    const by = actor();
    const { key, secret: old } = await issued(tests, by);
    await verify(tests, old);
    const { key: after, secret } = await rotated(by, key.id);
    expect(after).toMatchObject({
      id: key.id,
      scopes: key.scopes,
      createdAt: key.createdAt,
      display: `ex_live_...${secret.slice(-4)}`,
      rotation: { oldDisplay: key.display, graceUntil: new Date(tests.nowMs + 60_000).toISOString() },
    });
    expect(await verify(tests, old)).toMatchObject({ facts: { keyId: key.id, secret: { generation: 1 } } });
    expect(await verify(tests, secret)).toMatchObject({
      facts: { keyId: key.id, secret: { generation: 2, endsAtMs: null } },
    });
    tests.nowMs += 59_999;
    expect([await isGood(old), await isGood(secret)]).toEqual([true, true]);
    tests.nowMs += 1;
    expect([await isGood(old), await isGood(secret)]).toEqual([false, true]);
    expect(await call(tests.client, getKey, { actor: by, keyId: key.id })).toMatchObject({ key: { rotation: null } });
  });

  it('can be finished early and cancelled; each holds at once', async () => {
    const by = actor();
    const first = await issued(tests, by);
    const asked = { actor: by, keyId: first.key.id };
    const second = await rotated(by, first.key.id);
    await Promise.all([verify(tests, first.secret), verify(tests, second.secret)]);
    await call(tests.client, cancelRotation, asked);
    expect([await isGood(first.secret), await isGood(second.secret)]).toEqual([true, false]);
    expect(await call(tests.client, cancelRotation, asked)).toMatchObject({ code: 'no_rotation' });
    const third = await rotated(by, first.key.id);
    expect(await verify(tests, third.secret)).toMatchObject({ facts: { secret: { generation: 3 } } });
    await call(tests.client, finishRotation, asked);
    expect([await isGood(first.secret), await isGood(second.secret), await isGood(third.secret)]).toEqual([
      false,
      false,
      true,
    ]);
    expect(await call(tests.client, finishRotation, asked)).toMatchObject({ code: 'no_rotation' });
    expect((await auditOf(tests, first.key.id)).map((row) => row.action)).toEqual([
      'key.issued',
      'key.rotated',
      'key.rotation_cancelled',
      'key.rotated',
      'key.rotation_finished',
    ]);
  });

  it('ends the old secret at once with a grace of 0', async () => {
    const by = actor();
    const { key, secret: old } = await issued(tests, by);
    await verify(tests, old);
    const { secret } = await rotated(by, key.id, 0);
    expect([await isGood(old), await isGood(secret)]).toEqual([false, true]);
  });

  it.each(['a grace of 0', 'its finish', 'its cancellation'])(
    'a secret that %s has ended is over by every clock, however late [INV-01]',
    async (by) => {
      const owner = actor();
      const { key, secret: old } = await issued(tests, owner);
      const { secret } = await rotated(owner, key.id, by === 'a grace of 0' ? 0 : 60);
      const asked = { actor: owner, keyId: key.id };
      if (by === 'its finish') await call(tests.client, finishRotation, asked);
      if (by === 'its cancellation') await call(tests.client, cancelRotation, asked);
      const reply = await verify(tests, by === 'its cancellation' ? secret : old);
      expect(reply).toMatchObject({ kind: 'facts', facts: { secret: { endsAtMs: 0 } } });
    },
  );

  it('[T4] is not there where the profile has it off', async () => {
    const by = actor();
    const { key } = await issued(tests, by, { api: 'xerotier' });
    const asked = { actor: by, keyId: key.id, projectSlug: 'default', graceSeconds: 0 };
    expect(await call(tests.client, rotateKey, asked)).toMatchObject({ code: 'rotation_not_offered' });
  });

  it('happens once where 100 ask at the same time: one new secret, and the old one', async () => {
    const by = actor();
    const { key, secret: old } = await issued(tests, by);
    const asked = { actor: by, keyId: key.id, projectSlug: 'default', graceSeconds: 60 };
    const answers = await Promise.all(Array.from({ length: 100 }, () => call(tests.client, rotateKey, asked, 30_000)));
    const winners = answers.flatMap((answer) => (answer.kind === 'rotated' ? [answer.secret] : []));
    expect(winners).toHaveLength(1);
    const codes = answers.flatMap((answer) => (answer.kind === 'refused' ? [answer.code] : []));
    expect(new Set(codes)).toEqual(new Set(['rotation_under_way']));
    expect([await isGood(old), await isGood(winners[0] as string)]).toEqual([true, true]);
  });

  it('[H-030] loses against a revoke, in whichever order they come: no secret is good afterwards', async () => {
    for (let round = 0; round < 5; round++) {
      const by = actor();
      const { key, secret: old } = await issued(tests, by);
      const asked = { actor: by, keyId: key.id };
      const work = Array.from({ length: 20 }, (_, index) =>
        index === 4 * round
          ? call(tests.client, revokeKey, asked, 30_000)
          : call(
              tests.client,
              rotateKey,
              { ...asked, projectSlug: 'default', graceSeconds: index % 2 ? 60 : 0 },
              30_000,
            ),
      );
      const secrets = (await Promise.all(work)).flatMap((answer) => (answer.kind === 'rotated' ? [answer.secret] : []));
      for (const secret of [old, ...secrets]) expect(await isGood(secret)).toBe(false);
    }
  });

  it('has one end where 100 finish and cancel at the same time', async () => {
    const by = actor();
    const { key, secret: old } = await issued(tests, by);
    const { secret } = await rotated(by, key.id);
    const asked = { actor: by, keyId: key.id };
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        call(tests.client, index % 2 ? finishRotation : cancelRotation, asked, 30_000),
      ),
    );
    expect(answers.filter(({ kind }) => kind === 'changed')).toHaveLength(1);
    expect([await isGood(old), await isGood(secret)].filter(Boolean)).toHaveLength(1);
  });
});
