import { randomBytes } from 'node:crypto';
import { expectStatus, type Step, type World } from './world.js';

const newSecret = () => randomBytes(25).toString('hex');

export const signsIn: Step = {
  name: 'signs in',
  take: async (world) => {
    const { administrator } = world.parts;
    world.remember('password', administrator.password);
    const signedIn = await world.post('/auth/login', administrator, {}, [
      'session token',
      'device token',
      'access token',
    ]);
    expectStatus(signedIn, 200);
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    world.remember('session token', cookie.split('=')[1] ?? '');
    rememberDevice(world, signedIn.headers);
    rememberAccessToken(world, signedIn.text);
    const session = await world.ask('/auth/session', { headers: { cookie } }, ['access token', 'CSRF token']);
    expectStatus(session, 200);
    const accessToken = rememberAccessToken(world, session.text);
    const { csrf_token: csrf } = JSON.parse(session.text) as { csrf_token: string };
    world.browser = { cookie, 'x-csrf-token': world.remember('CSRF token', csrf) };
    const byToken = await world.ask('/auth/session', { headers: { authorization: `Bearer ${accessToken}` } });
    expectStatus(byToken, 200);
  },
};

/** What the browser keeps of a sign-in beside its session. */
export function rememberDevice(world: World, headers: Headers): string {
  const cookie = headers.getSetCookie().find((line) => line.startsWith('gatehouse_device='));
  return world.remember('device token', cookie?.split(/[=;]/)[1] ?? '');
}

export function rememberAccessToken(world: World, text: string): string {
  const { access_token: token } = JSON.parse(text) as { access_token: string };
  return world.remember('access token', token);
}

export const signsInWrongly: Step = {
  name: 'signs in with a wrong password, and with a password in the wrong place',
  take: async (world) => {
    const { email } = world.parts.administrator;
    const wrong = world.remember('password', newSecret());
    expectStatus(await world.post('/auth/login', { email, password: wrong }), 401);
    expectStatus(await world.post('/auth/login', { email: 'nobody@example.com', password: wrong }), 401);
    const misplaced = () => world.remember('misplaced secret', newSecret());
    const login = (body: unknown) => world.post('/auth/login', body);
    expectStatus(await login(`{"email":"${email}","password":"${misplaced()}",`), 400);
    expectStatus(await login(`{"email":"${email}","password":"${misplaced()}"} and more`), 400);
    expectStatus(await login({ email, password: [misplaced()] }), 422, 400);
    expectStatus(await login({ email, password: { text: misplaced() } }), 422, 400);
    expectStatus(await login({ email, pasword: misplaced() }), 422, 400);
    expectStatus(await login({ email, password: misplaced().repeat(100) }), 422, 400);
    expectStatus(await world.ask(`/auth/login?email=x&password=${misplaced()}`, { method: 'POST' }), 400, 415, 422);
    expectStatus(await world.ask(`/auth/login?password=${misplaced()}`), 404, 405);
    const form = { method: 'POST', body: `password=${misplaced()}` };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expectStatus(await world.ask('/auth/login', { ...form, headers }), 415, 400);
  },
};

export const losesItsSession: Step = {
  name: 'sends tokens in the wrong place, signs out, and goes on with a session that has ended',
  take: async (world) => {
    const session = world.browser['cookie']?.split('=')[1] ?? '';
    const [csrf = '', { 'x-csrf-token': _, ...withoutCsrf }] = [world.browser['x-csrf-token'], world.browser];
    expectStatus(await world.post('/api/v1/projects', { name: 'x' }, { ...withoutCsrf, 'x-csrf-token': 'x' }), 403);
    expectStatus(await world.ask(`/api/v1/keys?session=${session}&csrf=${csrf}`, { headers: withoutCsrf }), 400, 422);
    expectStatus(await world.use('open', session), 401);
    expectStatus(await world.ask('/api/v1/keys', { headers: { authorization: `Basic ${session}` } }), 401);
    expectStatus(await world.post('/auth/logout', {}, world.browser), 204);
    expectStatus(await world.ask('/auth/session', { headers: withoutCsrf }), 401);
  },
};
