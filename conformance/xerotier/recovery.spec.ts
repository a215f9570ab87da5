import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';
import { enrol } from './authenticator.js';

const DAY = 24 * 3_600;
const BOB = 'bob@example.com';

describe('xerotier: account recovery', () => {
  let platform: PlatformWithClock;
  beforeAll(async () => {
    platform = await startPlatformWithClock();
    // Somebody else than the operator, with the same password: nobody reviews the own recovery.
    const owner = await new DataSource({ type: 'postgres', url: platform.databaseUrl }).initialize();
    await owner.query(
      `INSERT INTO identity.accounts (id, email, email_lookup, name, email_verified_at, created_at)
       SELECT 'acc_bob', $1, $1, 'Bob', created_at, created_at FROM identity.accounts`,
      [BOB],
    );
    await owner.query(
      `INSERT INTO identity.passwords (account_id, format, hash, set_at)
       SELECT 'acc_bob', format, hash, set_at FROM identity.passwords`,
    );
    await owner.destroy();
  });
  afterAll(() => platform?.stop());

  const login = { email: BOB, password: 'a quiet river runs north' };
  const link = async () => {
    const { text } = await platform.nextMail(BOB);
    return /#token=([\w-]+)/.exec(text)?.[1] ?? text;
  };
  const anybody = (path: string, json: object) => platform.browser().send('POST', path, json);
  const start = async () => {
    const { challenge } = (await platform.browser().signIn(login)).body;
    return anybody('/auth/recovery/start', { challenge });
  };

  it('[T22] takes a link by mail, and then a security review, before access is restored', async () => {
    const bob = platform.browser();
    expect((await bob.signIn(login)).body.status).toBe('signed_in');
    await enrol(bob, platform);
    await platform.nextMail(BOB);

    const started = await start();
    expect([started.status, started.body]).toEqual([202, { status: 'mail_sent' }]);
    const token = await link();
    const confirmed = await anybody('/auth/recovery/confirm', { token });
    expect([confirmed.status, confirmed.body.status]).toEqual([202, 'under_review']);
    expect((await anybody('/auth/recovery/confirm', { token })).body.code).toBe('link_invalid');
    const stop = await link();

    // Without the review, no time restores access.
    platform.clock.advanceSeconds(3 * DAY);
    expect((await start()).body.status).toBe('under_review');
    expect((await platform.browser().signIn(login)).body.status).toBe('second_factor_required');

    const operator = platform.browser();
    await operator.signIn(platform.admin);
    const [{ id, state, account }] = (await operator.send('GET', '/api/v1/recoveries')).body.data;
    expect([state, account.email]).toEqual(['pending', BOB]);
    const approved = await operator.send('POST', `/api/v1/recoveries/${id}/approve`, {});
    expect([approved.status, approved.body.state]).toEqual([200, 'ready']);
    expect((await operator.send('POST', `/api/v1/recoveries/${id}/approve`, {})).status).toBe(409);
    await platform.nextMail(BOB);

    expect((await start()).body.status).toBe('mail_sent');
    const completed = await anybody('/auth/recovery/complete', { token: await link() });
    expect([completed.status, completed.body.status]).toEqual([200, 'recovered']);
    expect((await anybody('/auth/recovery/cancel', { token: stop })).body.code).toBe('link_invalid');
    expect((await bob.send('GET', '/auth/session')).status).toBe(401);
    expect((await platform.browser().signIn(login)).body.status).toBe('signed_in');
  });

  it('[T22] is reviewed by operators only', async () => {
    const bob = platform.browser();
    await bob.signIn(login);
    for (const [method, path] of [
      ['GET', '/api/v1/recoveries'],
      ['POST', '/api/v1/recoveries/rec_1/approve'],
      ['POST', '/api/v1/recoveries/rec_1/refuse'],
    ] as const) {
      const refused = await bob.send(method, path, method === 'GET' ? undefined : {});
      expect([path, refused.status, refused.body.code]).toEqual([path, 403, 'permission_denied']);
    }
    const none = await anybody('/auth/recovery/start', { challenge: 'none' });
    expect([none.status, none.body.code]).toEqual([401, 'challenge_ended']);
    expect((await anybody('/auth/recovery/start', { email: BOB })).status).toBe(422);
  });
});
