import { execFileSync } from 'node:child_process';
import type { Browser, BrowserAnswer } from '../browser.js';
import type { PlatformWithClock } from '../platform-with-clock.js';

/** What an authenticator that is not ours shows, so many steps of 30 seconds from now [T13]. */
export function oathtool(secret: string, { clock }: PlatformWithClock, steps = 0): string {
  const at = new Date(clock.nowMs() + steps * 30_000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
  return execFileSync('oathtool', ['--totp', '-b', secret, '-N', at], { encoding: 'utf8' }).trim();
}

/** An authenticator that was set up, and the codes that came with it. */
export interface Enrolled {
  readonly secret: string;
  readonly backupCodes: readonly string[];
}

/** Sets an authenticator up, and lets its step go by. */
export async function enrol(own: Browser, platform: PlatformWithClock): Promise<Enrolled> {
  const { secret } = (await own.send('POST', '/auth/2fa/totp/enroll', {})).body;
  const confirmed = await own.send('POST', '/auth/2fa/totp/confirm', { code: oathtool(secret, platform) });
  if (confirmed.status !== 200) throw new Error(`not confirmed: ${confirmed.text}`);
  platform.clock.advanceSeconds(30);
  return { secret, backupCodes: confirmed.body.backup_codes };
}

/** The password step. @returns the browser, and how it answers with a code */
export async function passwordStep(platform: PlatformWithClock) {
  const own = platform.browser();
  const answer = await own.signIn(platform.admin);
  const { challenge } = answer.body;
  if (challenge === undefined) throw new Error(`no challenge: ${answer.text}`);
  return { own, answer: (code: string) => own.send('POST', '/auth/login/second-factor', { challenge, code }) };
}

/** The whole sign-in, with this code. */
export async function signInWith(platform: PlatformWithClock, code: string): Promise<BrowserAnswer> {
  return (await passwordStep(platform)).answer(code);
}
