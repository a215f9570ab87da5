import { randomBytes } from 'node:crypto';
import { linkTo } from './link-to.js';
import { rememberAccessToken, rememberDevice } from './people-steps.js';
import { expectStatus, type Step, type World } from './world.js';

const EMAIL = 'grace@example.com';
const newPassword = (world: World) => world.remember('password', randomBytes(25).toString('hex'));

let password = '';
let cookie = '';

export const signsUp: Step = {
  name: 'signs up, follows the link, and signs in',
  take: async (world) => {
    password = newPassword(world);
    const signUp = { email: EMAIL, password, name: 'Grace' };
    expectStatus(await world.post('/auth/signup', signUp), 202);
    const token = await linkTo(EMAIL, world, 'Confirm your e-mail address');
    expectStatus(await world.post('/auth/email/verify', { token: randomBytes(32).toString('base64url') }), 400);
    expectStatus(await world.ask(`/auth/email/verify?token=${token}`), 404, 405);
    expectStatus(await world.post('/auth/email/verify', { token }), 200);
    expectStatus(await world.post('/auth/email/verify', { token }), 400);
    expectStatus(await world.post('/auth/signup', { ...signUp, password: newPassword(world) }), 202);
    cookie = await entersWith(world, '/auth/login', { email: EMAIL, password });
  },
};

export const setsPasswordsAnew: Step = {
  name: 'changes a password, forgets it, and sets it anew with a link',
  take: async (world) => {
    const session = await world.ask('/auth/session', { headers: { cookie } }, ['access token', 'CSRF token']);
    const { csrf_token: csrf } = JSON.parse(session.text) as { csrf_token: string };
    rememberAccessToken(world, session.text);
    const headers = { cookie, 'x-csrf-token': world.remember('CSRF token', csrf) };
    const changed = { current_password: password, new_password: newPassword(world) };
    const wrong = { ...changed, current_password: newPassword(world) };
    expectStatus(await world.post('/auth/password/change', wrong, headers), 403);
    await entersWith(world, '/auth/password/change', changed, headers);
    expectStatus(await world.post('/auth/password/forgot', { email: EMAIL }), 202);
    const token = await linkTo(EMAIL, world, 'Choose a new password');
    expectStatus(await world.post('/auth/password/reset', { token, new_password: 'tooshort' }), 422);
    expectStatus(await world.post('/auth/password/reset', { token, new_password: newPassword(world) }), 200);
  },
};

/** @returns the cookies that the browser has then */
async function entersWith(world: World, path: string, body: object, headers = {}): Promise<string> {
  const answer = await world.post(path, body, headers, ['session token', 'device token', 'access token']);
  expectStatus(answer, 200);
  rememberAccessToken(world, answer.text);
  const session = answer.headers.getSetCookie()[0]?.split(/[=;]/)[1] ?? '';
  world.remember('session token', session);
  // A device that is known keeps the token that it has.
  const isKnown = answer.headers.getSetCookie().length === 1;
  return `gatehouse_session=${session}${isKnown ? '' : `; gatehouse_device=${rememberDevice(world, answer.headers)}`}`;
}
