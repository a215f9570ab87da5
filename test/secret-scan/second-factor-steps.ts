import { execFileSync } from 'node:child_process';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { expectStatus, type Step, type World } from './world.js';

const STEP_MS = 30_000;

/** Sets an authenticator up, signs in with a backup code, makes new codes, and removes it all again. */
export const usesSecondFactor: Step = {
  name: 'sets up a second factor, signs in with it, and removes it',
  take: async (world) => {
    // No step may end between the making of a code and its use.
    await waitUntil('the first half of a step', async () => Date.now() % STEP_MS < STEP_MS / 2, STEP_MS);
    const { codes } = await enrol(world, world.browser);
    const { administrator } = world.parts;
    const first = await world.post('/auth/login', administrator, {}, ['challenge']);
    expectStatus(first, 200);
    const challenge = world.remember('challenge', (JSON.parse(first.text) as { challenge: string }).challenge);
    const path = '/auth/login/second-factor';
    expectStatus(await world.post(path, { challenge, code: codes[0]?.slice(1) }), 401);
    const second = await world.post(path, { challenge, code: codes[0] }, {}, ['session token', 'access token']);
    expectStatus(second, 200);
    expectStatus(await world.post(path, { challenge, code: codes[1] }), 401);
    const browser = await browserOf(world, second);
    // Another secret, of which no step is used: the old one would have to be waited for.
    const { secret } = await enrol(world, browser);
    const renewed = await world.post('/auth/2fa/backup-codes', { code: codeOf(secret, -1) }, browser, ['backup code']);
    // The step that confirmed it, or an earlier one.
    expectStatus(renewed, 403);
    expectStatus(await world.post('/auth/2fa/disable', { code: codeOf(secret, 0) }, browser), 200);
    world.browser = browser;
  },
};

/** @param steps of which step the confirming code is; that of now is still good where a step ends meanwhile */
export async function enrol(world: World, browser: Readonly<Record<string, string>>, steps = -1) {
  const enrolling = await world.post('/auth/2fa/totp/enroll', {}, browser, ['TOTP secret']);
  expectStatus(enrolling, 200);
  const secret = world.remember('TOTP secret', (JSON.parse(enrolling.text) as { secret: string }).secret);
  const code = codeOf(secret, steps);
  const confirmed = await world.post('/auth/2fa/totp/confirm', { code }, browser, ['backup code']);
  expectStatus(confirmed, 200);
  const { backup_codes: codes } = JSON.parse(confirmed.text) as { backup_codes: string[] };
  for (const each of codes) {
    world.remember('backup code', each);
    world.remember('backup code', each.replaceAll('-', ''));
  }
  return { secret, codes };
}

async function browserOf(world: World, signedIn: { readonly headers: Headers; readonly text: string }) {
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  world.remember('session token', cookie.split('=')[1] ?? '');
  world.remember('access token', (JSON.parse(signedIn.text) as { access_token: string }).access_token);
  const session = await world.ask('/auth/session', { headers: { cookie } }, ['access token', 'CSRF token']);
  const { csrf_token: csrf, access_token: token } = JSON.parse(session.text) as Record<string, string>;
  world.remember('access token', token ?? '');
  return { cookie, 'x-csrf-token': world.remember('CSRF token', csrf ?? '') };
}

function codeOf(secret: string, steps: number): string {
  const at = new Date(Date.now() + steps * STEP_MS).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
  return execFileSync('oathtool', ['--totp', '-b', secret, '-N', at], { encoding: 'utf8' }).trim();
}
