import { call } from '@gatehouse/bus/call.client';
import { getKey, updateKey } from '@gatehouse/contracts/keys';
import { decodeSpendOutcomes, encodeSpends, SPEND_SUBJECT, type Spend } from '@gatehouse/contracts/spend-records';
import { describe, expect, it } from '@jest/globals';
import { actor, issued, verify, withKeys } from '../keys-under-test.conformance.js';
import { spendUses } from './spend-uses.js';

const tests = withKeys();

async function spend(...spends: Spend[]) {
  return decodeSpendOutcomes(await tests.bus.request(SPEND_SUBJECT, encodeSpends(spends), 10_000), spends.length);
}

describe('the uses that a key has left', () => {
  it('[H-021] are spent exactly: of 400 at once, in many batches, 100 get one', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by, { remainingUses: 100 });
    expect(await verify(tests, secret)).toMatchObject({ facts: { uses: 'left' } });
    const batches = Array.from({ length: 50 }, () =>
      spend(...Array.from({ length: 8 }, () => ({ keyId: key.id, cost: 1 }))),
    );
    const outcomes = (await Promise.all(batches)).flat();
    expect(outcomes.filter(({ kind }) => kind === 'spent')).toHaveLength(100);
    expect(await call(tests.client, getKey, { actor: by, keyId: key.id })).toMatchObject({ key: { remainingUses: 0 } });
  });

  it('are known to be over at the next renewal of every lease, and can be given anew at once', async () => {
    const by = actor();
    const { key, secret } = await issued(tests, by, { remainingUses: 1 });
    await spend({ keyId: key.id, cost: 1 });
    const { rows } = await tests.owner.query('SELECT 1 FROM keys.key_changes WHERE key_id = $1', [key.id]);
    expect(rows).toHaveLength(1);
    await call(tests.client, updateKey, { actor: by, keyId: key.id, remainingUses: 5 });
    expect(await verify(tests, secret)).toMatchObject({ facts: { uses: 'left' } });
    await call(tests.client, updateKey, { actor: by, keyId: key.id, remainingUses: null });
    expect(await verify(tests, secret)).toMatchObject({ facts: { uses: 'unlimited' } });
    expect(await spend({ keyId: key.id, cost: 1_000_000 })).toEqual([{ kind: 'spent', left: null }]);
  });

  it('are not lost where two batches name the same keys in opposite orders', async () => {
    const by = actor();
    const [one, two] = [await issued(tests, by, { remainingUses: 60 }), await issued(tests, by, { remainingUses: 60 })];
    const there = [one, two].map(({ key }) => ({ keyId: key.id, cost: 1 }));
    const rounds = Array.from({ length: 60 }, (_, index) => spend(...(index % 2 ? there : [...there].reverse())));
    expect(new Set((await Promise.all(rounds)).flat().map(({ kind }) => kind))).toEqual(new Set(['spent']));
  });
});

const spent = (left: number | null) => ({ kind: 'spent', left });

describe('spendUses', () => {
  it('takes in order, and nothing for what costs more than is left', () => {
    const spends = [3, 2, 1, 1].map((cost) => ({ keyId: 'a', cost }));
    expect(spendUses(spends, new Map([['a', 4]]))).toEqual({
      outcomes: [spent(1), { kind: 'exhausted' }, spent(0), { kind: 'exhausted' }],
      leftOf: new Map([['a', 0]]),
    });
  });

  it('tells how many are left, and takes none, for a question that costs nothing', () => {
    const spends = [0, 1, 0].map((cost) => ({ keyId: 'a', cost }));
    const left = new Map([['a', 1]]);
    expect(spendUses(spends, left).outcomes).toEqual([spent(1), spent(0), spent(0)]);
    expect(spendUses([{ keyId: 'a', cost: 0 }], left).leftOf).toEqual(new Map());
  });

  it('lets a key spend that has no number any more', () => {
    expect(spendUses([{ keyId: 'a', cost: 1 }], new Map())).toEqual({ outcomes: [spent(null)], leftOf: new Map() });
  });
});
