import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type IdentityUnderTest, identityTests } from '../start.conformance.js';
import { addOneTimeToken, isOneTimeTokenOpen, spendOneTimeToken, voidOneTimeTokens } from './one-time-tokens.store.js';

const KEY = Buffer.alloc(32, 5);

describe('a one-time token', () => {
  let tests: Awaited<ReturnType<typeof identityTests>>;
  let identity: IdentityUnderTest;

  beforeAll(async () => {
    tests = await identityTests();
    identity = await tests.open();
  });
  afterAll(async () => {
    await identity.stop();
    await tests.stop();
  });

  const add = (subject: string) =>
    addOneTimeToken(
      identity.owner.manager,
      { purpose: 'password_reset', accountId: null, subject, payload: { word: 'canary-17aa' }, lifeSeconds: 600 },
      KEY,
      identity.clock.nowMs(),
    );
  const spend = (token: string, purpose: 'password_reset' | 'email_change' = 'password_reset') =>
    spendOneTimeToken(identity.owner.manager, purpose, token, KEY, identity.clock.nowMs());
  const isOpen = (token: string) =>
    isOneTimeTokenOpen(identity.owner.manager, 'password_reset', token, identity.clock.nowMs());

  it('lets one of 40 at once through', async () => {
    const token = await add('one');
    const spent = await Promise.all(Array.from({ length: 40 }, () => spend(token)));
    expect(spent.filter((each) => each !== undefined)).toEqual([
      { accountId: null, subject: 'one', payload: { word: 'canary-17aa' } },
    ]);
    expect(await isOpen(token)).toBe(false);
  });

  it('is nothing for another purpose, and nothing when its time is over [P-13]', async () => {
    const token = await add('two');
    expect(await spend(token, 'email_change')).toBeUndefined();
    identity.clock.advanceSeconds(599);
    expect(await isOpen(token)).toBe(true);
    identity.clock.advanceSeconds(1);
    expect(await isOpen(token)).toBe(false);
    expect(await spend(token)).toBeUndefined();
  });

  it('is void once a newer one took its place', async () => {
    const [mine, other] = [await add('three'), await add('four')];
    await voidOneTimeTokens(identity.owner.manager, ['password_reset'], 'three', identity.clock.nowMs());
    expect(await spend(mine)).toBeUndefined();
    expect(await spend(other)).toBeDefined();
  });

  it('is stored as a hash, and what it is about is encrypted [L-01]', async () => {
    const token = await add('five');
    const rows = await identity.owner.query('SELECT * FROM one_time_tokens');
    expect(JSON.stringify(rows)).not.toContain(token);
    for (const { sealed } of rows) expect(sealed.includes('canary-17aa')).toBe(false);
  });
});
