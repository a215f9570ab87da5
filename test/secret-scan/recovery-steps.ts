import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { linkTo } from './link-to.js';
import { rememberAccessToken, rememberDevice } from './people-steps.js';
import { enrol } from './second-factor-steps.js';
import { expectStatus, type Step, type World } from './world.js';

const EMAIL = 'ivy@example.com';

export const recoversItself: Step = {
  name: 'joins an organization, loses the second factor, and recovers twice: stopped once, completed once',
  take: async (world) => {
    const password = world.remember('password', randomBytes(25).toString('hex'));
    expectStatus(await world.post('/auth/signup', { email: EMAIL, password, name: 'Ivy' }), 202);
    const token = await linkTo(EMAIL, world, 'Confirm your e-mail address');
    expectStatus(await world.post('/auth/email/verify', { token }), 200);
    const browser = await signIn(world, password);
    await joins(world, browser);
    await enrol(world, browser, 0);

    const start = async () => {
      const stopped = await world.post('/auth/login', { email: EMAIL, password }, {}, ['challenge']);
      const { challenge } = JSON.parse(stopped.text) as { challenge: string };
      expectStatus(
        await world.post('/auth/recovery/start', { challenge: world.remember('challenge', challenge) }),
        202,
      );
    };
    const spends = async (path: string, good: string) => {
      expectStatus(await world.post(path, { token: randomBytes(32).toString('base64url') }), 400);
      expectStatus(await world.post(path, { token: [good] }), 422, 400);
      expectStatus(await world.ask(`${path}?token=${good}`), 404, 405);
      expectStatus(await world.post(path, { token: good }), 200, 202);
      expectStatus(await world.post(path, { token: good }), 400);
    };
    await start();
    await spends('/auth/recovery/confirm', await linkTo(EMAIL, world, 'Somebody asks to get into'));
    await spends('/auth/recovery/cancel', await linkTo(EMAIL, world, 'The recovery of your account is under review'));

    await start();
    await spends('/auth/recovery/confirm', await linkTo(EMAIL, world, 'Somebody asks to get into'));
    await linkTo(EMAIL, world, 'The recovery of your account is under review');
    const listed = await world.ask('/api/v1/recoveries', { headers: world.browser });
    const { data } = JSON.parse(listed.text) as { data: { id: string; state: string }[] };
    const { id } = data.find(({ state }) => state === 'pending') ?? { id: 'none' };
    expectStatus(await world.post(`/api/v1/recoveries/${id}/approve`, {}, world.browser), 200);
    await letItsDelayPass(world, id);
    await start();
    await spends('/auth/recovery/complete', await linkTo(EMAIL, world, 'Remove the second factor'));
    await signIn(world, password);
  },
};

async function signIn(world: World, password: string): Promise<Readonly<Record<string, string>>> {
  const shows = ['session token', 'device token', 'access token'] as const;
  const answer = await world.post('/auth/login', { email: EMAIL, password }, {}, shows);
  expectStatus(answer, 200);
  rememberAccessToken(world, answer.text);
  rememberDevice(world, answer.headers);
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  world.remember('session token', cookie.split('=')[1] ?? '');
  const session = await world.ask('/auth/session', { headers: { cookie } }, ['access token', 'CSRF token']);
  rememberAccessToken(world, session.text);
  const { csrf_token: csrf } = JSON.parse(session.text) as { csrf_token: string };
  return { cookie, 'x-csrf-token': world.remember('CSRF token', csrf) };
}

async function joins(world: World, browser: Readonly<Record<string, string>>): Promise<void> {
  const { text } = await world.ask('/api/v1/orgs', { headers: world.browser });
  const { data } = JSON.parse(text) as { data: { id: string }[] };
  const invitation = { email: EMAIL, role: 'viewer' };
  expectStatus(await world.post(`/api/v1/orgs/${data[0]?.id}/invitations`, invitation, world.browser), 201);
  const token = await linkTo(EMAIL, world, 'You are invited to');
  expectStatus(await world.post('/api/v1/invitations/accept', { token: [token] }, browser), 422, 400);
  expectStatus(await world.post('/api/v1/invitations/accept', { token }, world.browser), 400, 403, 409);
  expectStatus(await world.post('/api/v1/invitations/accept', { token }, browser), 200, 201);
}

async function letItsDelayPass({ parts }: World, id: string): Promise<void> {
  const owner = new pg.Client(parts.postgres.url);
  await owner.connect();
  await owner.query('UPDATE identity.recoveries SET ready_at = now() WHERE id = $1', [id]);
  await owner.end();
}
