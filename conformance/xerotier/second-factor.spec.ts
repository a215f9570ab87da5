import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { Browser } from '../browser.js';
import { type PlatformWithClock, startPlatformWithClock } from '../platform-with-clock.js';
import { type Enrolled, enrol, oathtool, passwordStep, signInWith } from './authenticator.js';

const QUARTER_HOUR = 15 * 60;

describe('xerotier: two-factor authentication', () => {
  let platform: PlatformWithClock;
  let database: DataSource;
  let own: Browser;
  let enrolled: Enrolled | undefined;

  beforeAll(async () => {
    platform = await startPlatformWithClock();
    database = await new DataSource({ type: 'postgres', url: platform.databaseUrl }).initialize();
  });
  afterAll(async () => {
    await database?.destroy();
    await platform?.stop();
  });
  beforeEach(async () => {
    own = platform.browser();
    expect((await own.signIn(platform.admin)).body.status).toBe('signed_in');
  });
  afterEach(async () => {
    if (enrolled === undefined) return;
    // A window later, in which nothing was tried, it is removed as its owner would.
    platform.clock.advanceSeconds(QUARTER_HOUR);
    const step = await passwordStep(platform);
    await step.answer(oathtool(enrolled.secret, platform));
    platform.clock.advanceSeconds(30);
    const code = oathtool(enrolled.secret, platform);
    expect((await step.own.send('POST', '/auth/2fa/disable', { code })).status).toBe(200);
    platform.clock.advanceSeconds(QUARTER_HOUR);
    enrolled = undefined;
  });

  const enrolOwn = async () => {
    enrolled = await enrol(own, platform);
    return enrolled;
  };
  const kept = async (): Promise<string> => {
    const tables: { name: string }[] = await database.query(
      `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const texts = tables.map(async ({ name }) => {
      const [row] = await database.query(`SELECT coalesce(json_agg(t), '[]')::text AS text FROM ${name} t`);
      return String(row.text);
    });
    return (await Promise.all(texts)).join('\n');
  };

  it('[T14] is set up with a QR code or the secret by hand, a code to confirm, and shows the backup codes then', async () => {
    const { secret, otpauth_uri: uri, qr_svg: svg } = (await own.send('POST', '/auth/2fa/totp/enroll', {})).body;
    expect(svg).toMatch(/^<svg /);
    expect(new URL(uri).searchParams.get('secret')).toBe(secret);
    const wrong = await own.send('POST', '/auth/2fa/totp/confirm', { code: oathtool(secret, platform, 5) });
    expect([wrong.status, wrong.body.code]).toEqual([403, 'code_wrong']);
    const confirmed = await own.send('POST', '/auth/2fa/totp/confirm', { code: oathtool(secret, platform) });
    expect(confirmed.status).toBe(200);
    expect(confirmed.body.backup_codes).toHaveLength(10);
    enrolled = { secret, backupCodes: confirmed.body.backup_codes };
  });

  it('[T12] [T13] takes the password and then the 6-digit code of any authenticator', async () => {
    const { secret } = await enrolOwn();
    const step = await passwordStep(platform);
    expect((await step.own.send('GET', '/auth/session')).status).toBe(401);
    const code = oathtool(secret, platform);
    expect(code).toMatch(/^\d{6}$/);
    const answer = await step.answer(code);
    expect([answer.status, answer.body.status]).toEqual([200, 'signed_in']);
    expect((await step.own.send('GET', '/auth/session')).status).toBe(200);
  });

  it('[T15] starts over when the code comes later than five minutes after the password', async () => {
    const { secret } = await enrolOwn();
    const [inTime, late] = [await passwordStep(platform), await passwordStep(platform)];
    platform.clock.advanceSeconds(299);
    expect((await inTime.answer(oathtool(secret, platform))).status).toBe(200);
    platform.clock.advanceSeconds(1);
    const refused = await late.answer(oathtool(secret, platform, 1));
    expect([refused.status, refused.body.code]).toEqual([401, 'challenge_ended']);
    platform.clock.advanceSeconds(60);
    expect((await signInWith(platform, oathtool(secret, platform))).status).toBe(200);
  });

  it('[T16] is disabled with a valid code only, which removes the secret and voids all backup codes', async () => {
    const { secret, backupCodes } = await enrolOwn();
    const waiting = await passwordStep(platform);
    for (const code of [oathtool(secret, platform, 5), backupCodes[0]]) {
      expect((await own.send('POST', '/auth/2fa/disable', { code })).status).toBe(403);
    }
    expect(await kept()).toContain('"secret_sealed"');
    const code = oathtool(secret, platform);
    expect((await own.send('POST', '/auth/2fa/disable', { code })).status).toBe(200);
    enrolled = undefined;
    expect((await waiting.answer(backupCodes[0] ?? '')).status).toBe(401);
    expect((await own.send('GET', '/auth/2fa')).body).toMatchObject({ enabled: false, backup_codes_left: 0 });
    expect((await platform.browser().signIn(platform.admin)).body.status).toBe('signed_in');
    expect(await kept()).not.toContain('"secret_sealed"');
  });

  it('[T17] [T20] keeps TOTP secrets encrypted and backup codes hashed, and shows the codes once', async () => {
    const { secret, backupCodes } = await enrolOwn();
    const everything = await kept();
    expect(everything).toContain('"secret_sealed"');
    expect(everything).toContain('"code_hash"');
    const shown = (await own.send('GET', '/auth/2fa')).text + (await own.send('GET', '/auth/session')).text;
    for (const value of [secret, ...backupCodes, ...backupCodes.map((code) => code.replaceAll('-', ''))]) {
      for (const form of [value, Buffer.from(value).toString('hex')]) {
        expect(everything).not.toContain(form);
        expect(shown).not.toContain(form);
      }
    }
  });

  it('[T18] stops comparing codes after some wrong ones, and says when to come back', async () => {
    const { secret } = await enrolOwn();
    platform.clock.advanceSeconds(QUARTER_HOUR);
    const codes: unknown[] = [];
    for (let round = 0; round < 3; round += 1) {
      const { answer } = await passwordStep(platform);
      for (let guess = 0; guess < 6; guess += 1) {
        codes.push((await answer(oathtool(secret, platform, 5 + round * 6 + guess))).body.code);
      }
    }
    const count = (code: string) => codes.filter((each) => each === code).length;
    expect([count('second_factor_invalid'), count('challenge_ended')]).toEqual([10, 3]);
    const refused = await signInWith(platform, oathtool(secret, platform));
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, String(QUARTER_HOUR)]);
    platform.clock.advanceSeconds(QUARTER_HOUR);
    expect((await signInWith(platform, oathtool(secret, platform))).status).toBe(200);
  });

  it('[T19] takes a backup code in place of a code, once', async () => {
    const { backupCodes } = await enrolOwn();
    expect((await signInWith(platform, backupCodes[3] ?? '')).status).toBe(200);
    expect((await signInWith(platform, backupCodes[3] ?? '')).status).toBe(401);
    expect((await signInWith(platform, backupCodes[4] ?? '')).status).toBe(200);
  });

  it('[T21] makes new backup codes with a valid code only, which voids every earlier one', async () => {
    const { secret, backupCodes } = await enrolOwn();
    expect((await own.send('POST', '/auth/2fa/backup-codes', { code: backupCodes[0] })).status).toBe(403);
    const renewed = await own.send('POST', '/auth/2fa/backup-codes', { code: oathtool(secret, platform) });
    const codes: string[] = renewed.body.backup_codes;
    expect(codes).toHaveLength(10);
    for (const old of backupCodes.slice(0, 2)) expect((await signInWith(platform, old)).status).toBe(401);
    expect((await signInWith(platform, codes[0] ?? '')).status).toBe(200);
  });
});
