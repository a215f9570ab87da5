import { randomBytes } from 'node:crypto';
import { expectStatus, type Step, type World } from './world.js';

const API = '/apis/people/v1';

interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
}

export const usesTokens: Step = {
  name: 'signs in to an API, exchanges its tokens, shows them where they do not belong, and ends them',
  take: async (world) => {
    const { administrator } = world.parts;
    const first = await pairFrom(world, `${API}/auth/token`, administrator);
    const wrong = { ...administrator, password: world.remember('password', randomBytes(25).toString('hex')) };
    expectStatus(await world.post(`${API}/auth/token`, wrong), 401);
    const bearer = { authorization: `Bearer ${first.access_token}` };
    expectStatus(await world.ask(`${API}/portfolios`, { headers: bearer }), 200);
    expectStatus(await world.ask('/api/v1/keys', { headers: bearer }), 401);
    expectStatus(await world.ask(`${API}/portfolios?access_token=${first.access_token}`), 401);
    expectStatus(await world.ask(`${API}/portfolios`, { headers: { 'x-api-key': first.refresh_token } }), 401);
    const asBearer = { authorization: `Bearer ${first.refresh_token}` };
    expectStatus(await world.ask(`${API}/portfolios`, { headers: asBearer }), 401);
    expectStatus(await world.ask('/api/v1/keys', { headers: asBearer }), 401);

    const refresh = (token: unknown) => world.post(`${API}/auth/refresh`, { refresh_token: token });
    expectStatus(await refresh([first.refresh_token]), 400, 422);
    expectStatus(await world.post(`${API}/auth/refresh`, `{"refresh_token":"${first.refresh_token}"`), 400);
    expectStatus(await world.post('/oauth/token', { refresh_token: first.refresh_token }), 415);
    const second = await pairFrom(world, `${API}/auth/refresh`, { refresh_token: first.refresh_token });
    const inQuery = { method: 'POST', headers: FORM };
    expectStatus(await world.ask(`/oauth/token?refresh_token=${second.refresh_token}`, inQuery), 400);
    for (const token of [second.refresh_token, second.access_token]) {
      const asks = { method: 'POST', headers: { ...world.browser, ...FORM }, body: `token=${token}` };
      expectStatus(await world.ask('/oauth/introspect', asks), 200);
      expectStatus(await world.ask('/oauth/introspect', { ...asks, headers: FORM }), 401);
    }
    // Spent: its whole family ends, and its owner is told by mail.
    expectStatus(await refresh(first.refresh_token), 401);
    expectStatus(await refresh(second.refresh_token), 401);

    const third = await pairFrom(world, `${API}/auth/token`, administrator);
    for (const token of [third.refresh_token, third.access_token]) {
      expectStatus(await world.ask('/oauth/revoke', { method: 'POST', headers: FORM, body: `token=${token}` }), 200);
    }
  },
};

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

async function pairFrom(world: World, path: string, body: object): Promise<Pair> {
  const answer = await world.post(path, body, {}, ['access token', 'refresh token']);
  expectStatus(answer, 200);
  const pair = JSON.parse(answer.text) as Pair;
  world.remember('access token', pair.access_token);
  world.remember('refresh token', pair.refresh_token);
  return pair;
}
