import { beginPasskeySignIn } from '@gatehouse/contracts/passkeys';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { accountsForEach } from '../accounts/accounts-under-test.conformance.js';
import { ORIGIN } from '../accounts/person-under-test.conformance.js';
import { forgetOld } from '../database/retention.store.js';
import type { IdentityUnderTest } from '../start.conformance.js';

const MOST = 100;
const WINDOW_SECONDS = 600;
const DAY_SECONDS = 86_400;

describe('a sign-in with a passkey that is begun', () => {
  let identity: IdentityUnderTest;
  accountsForEach({ emails: [] }, (world) => {
    ({ identity } = world);
  });
  beforeEach(async () => {
    for (let replica = 0; replica < 2; replica += 1) await identity.start();
  });

  const begin = (address: string, challenge?: string) =>
    identity.ask(beginPasskeySignIn, { challenge, origin: { ...ORIGIN, address } });
  const rows = async () => (await identity.owner.query('SELECT 1 FROM one_time_tokens')).length;

  it('is one of so many of its client, of however many at once on however many replicas [R-05]', async () => {
    const begun = await Promise.all(Array.from({ length: MOST + 50 }, () => begin('192.0.2.66')));
    expect(begun.filter(({ kind }) => kind === 'options')).toHaveLength(MOST);
    const refused = begun.filter(({ kind }) => kind === 'too_many_attempts');
    expect(refused).toHaveLength(50);
    for (const refusal of refused) expect(refusal).toMatchObject({ retryAfterSeconds: WINDOW_SECONDS });
    expect(await rows()).toBe(MOST);
  });

  it('is counted for the network of an IPv6 client, and keeps nobody else out, nor longer than the window', async () => {
    const asked = Array.from({ length: MOST }, (_, index) => begin(`2001:db8:0:7::${index.toString(16)}`));
    await Promise.all(asked);
    expect((await begin('2001:db8:0:7:ffff::1')).kind).toBe('too_many_attempts');
    expect((await begin('2001:db8:0:8::1')).kind).toBe('options');
    identity.clock.advanceSeconds(WINDOW_SECONDS);
    expect((await begin('2001:db8:0:7::1')).kind).toBe('options');
  });

  it('counts one whose challenge is made up, too, which leaves no row', async () => {
    for (let count = 0; count < MOST; count += 1) {
      expect(await begin('192.0.2.66', 'made-up')).toEqual({ kind: 'challenge_ended' });
    }
    expect((await begin('192.0.2.66', 'made-up')).kind).toBe('too_many_attempts');
    expect(await rows()).toBe(0);
  });

  it('is forgotten when it is over for a day', async () => {
    await begin('192.0.2.66');
    identity.clock.advanceSeconds(DAY_SECONDS);
    await forgetOld(identity.owner.manager, identity.clock.nowMs());
    expect(await rows()).toBe(1);
    identity.clock.advanceSeconds(WINDOW_SECONDS);
    await forgetOld(identity.owner.manager, identity.clock.nowMs());
    expect(await rows()).toBe(0);
    expect(await identity.owner.query('SELECT 1 FROM allowances')).toEqual([]);
  });
});
