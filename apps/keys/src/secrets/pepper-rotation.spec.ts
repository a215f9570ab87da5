import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { call } from '@gatehouse/bus/call.client';
import { finishRotation, revokeKey, rotateKey } from '@gatehouse/contracts/keys';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import type { RunningService } from '@gatehouse/observability/running-service';
import { describe, expect, it } from '@jest/globals';
import { until } from '../replica-under-test.conformance.js';
import { type IssuedKey, newPepper, withPeppers } from './peppers-under-test.conformance.js';

const tests = withPeppers();
const TWO = newPepper(2);
const KNOWS_TWO = { KEY_PEPPERS: TWO };
const SEALS_UNDER_TWO = { KEY_PEPPERS: TWO, KEY_PEPPER_CURRENT: '2' };

async function issueMany(count: number): Promise<IssuedKey[]> {
  const keys: IssuedKey[] = [];
  while (keys.length < count) keys.push(...(await Promise.all(Array.from({ length: 20 }, () => tests.issue()))));
  return keys;
}

const metricOf = async ({ metrics }: RunningService, series: string) =>
  Number(
    (await metrics.metrics())
      .split('\n')
      .find((line) => line.startsWith(series))
      ?.split(' ')
      .at(-1),
  );

describe('a rotation of the pepper [C-03]', () => {
  it('moves a secret when it is used, and none that is not; the numbers show how far it is', async () => {
    const first = await tests.start();
    const keys = await issueMany(40);
    await first.stop();
    const second = await tests.start(SEALS_UNDER_TWO);
    await until(async () => (await metricOf(second, 'gatehouse_key_secrets{pepper_version="1",state="usable"')) === 40);
    expect(await metricOf(second, 'gatehouse_key_secrets{pepper_version="2",state="usable"')).toBe(0);
    const used = keys.slice(0, 30).map(({ secret }) => secret);
    await tests.verify(used);
    await until(async () => (await tests.stored())[2] === 30);
    expect(await tests.stored()).toEqual({ 1: 10, 2: 30 });
    expect(await metricOf(second, 'gatehouse_secrets_resealed_total')).toBe(30);
    const document = await readFile(new URL('../../../../docs/pepper-rotation.md', import.meta.url), 'utf8');
    const { rows } = await tests.owner.query(/```sql\n([\s\S]*?)```/.exec(document)?.[1] ?? '');
    expect(rows.map(({ id }) => id).sort()).toEqual(
      keys
        .slice(30)
        .map(({ keyId }) => keyId)
        .sort(),
    );
    // What is remembered goes on being right.
    expect((await tests.verify(used)).map(({ kind }) => kind)).toEqual(used.map(() => 'facts'));
  });

  it('does not move secrets back where a replica still seals under the older pepper', async () => {
    const [one, two] = [await tests.start(KNOWS_TWO), await tests.start(SEALS_UNDER_TWO)];
    const keys = await issueMany(20);
    for (let round = 0; round < 4; round++) await tests.verify(keys.map(({ secret }) => secret));
    await until(async () => Object.keys(await tests.stored()).join() === '2');
    await one.stop();
    const three = await tests.start(KNOWS_TWO);
    await two.stop();
    await tests.verify(keys.map(({ secret }) => secret));
    await three.stop();
    expect(await tests.stored()).toEqual({ 2: 20 });
  });

  it('is in nobody’s way: keys are rotated, finished and revoked while two replicas seal them anew', async () => {
    const first = await tests.start();
    const keys = await issueMany(60);
    const pairs: { readonly key: IssuedKey; readonly added: string }[] = [];
    for (const key of keys) pairs.push({ key, added: await rotate(key) });
    await first.stop();
    const two = [await tests.start(SEALS_UNDER_TWO), await tests.start(SEALS_UNDER_TWO)];

    const secrets = pairs.flatMap(({ key, added }) => [key.secret, added]);
    const asked = Promise.all(Array.from({ length: 20 }, () => tests.verify(secrets)));
    const changed = Promise.all(
      pairs.map(async ({ key: { by, keyId } }, index) => {
        if (index % 3 === 0) await call(tests.client, finishRotation, { actor: by, keyId });
        if (index % 3 === 1) await call(tests.client, revokeKey, { actor: by, keyId });
      }),
    );
    await Promise.all([asked, changed]);
    await tests.verify(secrets);
    await until(async () => Object.keys(await tests.stored()).join() === '2');
    const replies = await tests.verify(secrets);
    for (const [index] of pairs.entries()) {
      const [old, current] = replies.slice(index * 2);
      if (old?.kind !== 'facts' || current?.kind !== 'facts') throw new Error(`key ${index} is gone`);
      expect(old.facts.keyId).toBe(current.facts.keyId);
      expect(old.facts.secret).toEqual({ generation: 1, endsAtMs: expect.any(Number) });
      expect(current.facts.secret).toEqual({ generation: 2, endsAtMs: null });
      expect(old.facts.state).toBe(index % 3 === 1 ? 'revoked' : 'active');
      expect((old.facts.secret.endsAtMs ?? 0) <= Date.now()).toBe(index % 3 === 0);
    }
    const moved = await Promise.all(two.map((replica) => metricOf(replica, 'gatehouse_secrets_resealed_total')));
    expect(moved.reduce((sum, count) => sum + count, 0)).toBe(secrets.length);
    expect(tests.warnings).toEqual([]);
  });
});

async function rotate({ by, keyId }: IssuedKey): Promise<string> {
  const answer = await call(tests.client, rotateKey, { actor: by, keyId, projectSlug: 'default', graceSeconds: 3_600 });
  if (answer.kind !== 'rotated') throw new Error(`not rotated: ${JSON.stringify(answer)}`);
  return answer.secret;
}

describe('a start with peppers that do not fit', () => {
  it('is refused where usable secrets are under a pepper that is missing, which the message counts', async () => {
    const replica = await tests.start(SEALS_UNDER_TWO);
    const [kept, revoked] = [await tests.issue(), await tests.issue()];
    await call(tests.client, revokeKey, { actor: revoked.by, keyId: revoked.keyId });
    await replica.stop();
    await expect(tests.start()).rejects.toThrow(
      /^KEY_PEPPERS: pepper 2 is missing; usable secrets that are stored under it: 1$/,
    );
    // Nothing of the refused start is left: it had no lease, and answered nothing.
    expect((await tests.owner.query('SELECT * FROM keys.lease_holders')).rows).toEqual([]);
    await expect(tests.verify([kept.secret])).rejects.toThrow('nobody answers');

    const again = await tests.start(SEALS_UNDER_TWO);
    await call(tests.client, revokeKey, { actor: kept.by, keyId: kept.keyId });
    await again.stop();
    // Secrets that have ended hold no pepper back.
    await tests.start();
    expect(await tests.verify([kept.secret, revoked.secret])).toEqual([{ kind: 'unknown' }, { kind: 'unknown' }]);
    expect(tests.warnings.join()).toContain('secrets that have ended are under a pepper that is gone');
  });

  it('is refused where a number stands for another pepper than before', async () => {
    await (await tests.start(KNOWS_TWO)).stop();
    await expect(tests.start({ KEY_PEPPERS: newPepper(2) })).rejects.toThrow(
      'KEY_PEPPERS: pepper 2 is not the one that this database knows by that number',
    );
    await (await tests.start(KNOWS_TWO)).stop();
  });

  it('is refused where another replica would not find what this one seals, and the other way round', async () => {
    const old = await tests.start();
    await expect(tests.start(SEALS_UNDER_TWO)).rejects.toThrow(
      /^KEY_PEPPER_CURRENT: replicas of keys that run and do not know pepper 2 yet: 1;/,
    );
    const key = await tests.issue();
    expect(await tests.verify([key.secret, key.secret])).toMatchObject([{ kind: 'facts' }, { kind: 'facts' }]);
    expect((await tests.owner.query('SELECT * FROM keys.lease_holders')).rows).toHaveLength(1);
    await old.stop();
    const sealing = await tests.start(SEALS_UNDER_TWO);
    await expect(tests.start()).rejects.toThrow(
      'KEY_PEPPERS: pepper 2 is missing; another replica of keys seals under it',
    );
    await sealing.stop();
  });

  it('is not refused on account of a replica that died a while ago', async () => {
    const die = (agoSeconds: number) =>
      tests.owner.query(
        `INSERT INTO keys.lease_holders (holder_id, applied_seq, renewals, renewed_at)
         VALUES (repeat('d', 32), 0, 0, now() - make_interval(secs => $1))
         ON CONFLICT (holder_id) DO UPDATE SET renewed_at = EXCLUDED.renewed_at`,
        [agoSeconds],
      );
    await die(0);
    await expect(tests.start(SEALS_UNDER_TWO)).rejects.toThrow('KEY_PEPPER_CURRENT');
    await die(6);
    await tests.start(SEALS_UNDER_TWO);
  });
});

describe('a copy of the database', () => {
  it('does not tell which keys are in it: without the pepper, no true key matches any row [K-02]', async () => {
    const replica = await tests.start(SEALS_UNDER_TWO);
    const keys = await issueMany(20);
    await replica.stop();
    const { rows } = await tests.owner.query('SELECT secret_hmac FROM keys.key_secrets');
    const stored = new Set(rows.map((row) => row.secret_hmac.toString('hex')));
    const { rows: peppers } = await tests.owner.query('SELECT mark FROM keys.key_peppers');
    const guesses = [Buffer.alloc(0), Buffer.alloc(32), randomBytes(32), ...peppers.map((row) => row.mark)];
    for (const { secret } of keys) {
      for (const form of [Buffer.from(secret), digestKey(secret), digestKey(digestKey(secret).toString('hex'))]) {
        expect(stored.has(form.toString('hex'))).toBe(false);
        expect(stored.has(createHash('sha256').update(form).digest('hex'))).toBe(false);
        for (const guess of guesses) {
          expect(stored.has(createHmac('sha256', guess).update(form).digest('hex'))).toBe(false);
        }
      }
    }
    // The control: with the pepper, each of them does.
    const pepper = Buffer.from(TWO.slice(2), 'base64');
    for (const { secret } of keys) {
      expect(stored.has(createHmac('sha256', pepper).update(digestKey(secret)).digest('hex'))).toBe(true);
    }
  });
});
