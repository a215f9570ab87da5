import { randomBytes } from 'node:crypto';
import { newBrowser } from '../../conformance/browser.js';
import { rememberDevice } from './people-steps.js';
import { expectStatus, type Step, type World } from './world.js';

type Provider = 'github' | 'sso';

export const comesByProvider: Step = {
  name: 'signs in with GitHub and with SSO, wrongly, rightly and while the provider fails',
  take: async (world) => {
    const { github, sso } = world.parts.providers;
    const emails = [{ email: 'hedy@example.com', primary: true, verified: true }];
    github.signedInAs({ id: 1, login: 'hedy', name: 'Hedy', emails });
    sso.signedInAs({ sub: 'joan', email: 'joan@example.com', email_verified: true, name: 'Joan' });
    for (const provider of ['github', 'sso'] as const) {
      const { cookie, state, code, query } = await goTo(world, provider);
      const back = (query: string, headers = { cookie }) =>
        world.ask(`/auth/${provider}/callback?${query}`, { headers }, ['session token', 'device token']);
      expectStatus(await back(query, { cookie: '' }), 403);
      expectStatus(await back(`code=${code}&state=${state}&state=${state}`), 403);
      expectStatus(await back(`code=${code}&state=${state}x`), 403);
      const landed = await back(query);
      if (landed.headers.get('location') !== '/') throw new Error(`sent to ${landed.headers.get('location')}`);
      const [session = ''] = landed.headers.getSetCookie();
      world.remember('session token', session.split(/[=;]/)[1] ?? '');
      rememberDevice(world, landed.headers);
      expectStatus(await back(query), 403);

      const failing = await goTo(world, provider);
      const fails = (response: { writeHead(status: number): { end(text: string): unknown } }) => {
        response.writeHead(500).end(`no: ${failing.code}`);
        return true;
      };
      github.answerInstead((path, response) => path.endsWith('/access_token') && fails(response));
      sso.answerInstead((request, response) => request.url === '/token' && fails(response));
      const path = `/auth/${provider}/callback?${failing.query}`;
      expectStatus(await world.ask(path, { headers: { cookie: failing.cookie } }), 303);
      github.answerInstead(undefined);
      sso.answerInstead(undefined);
      const denied = await goTo(world, provider);
      const refusal = `error=access_denied&error_description=${denied.code}&state=${denied.state}`;
      const refused = await world.ask(`/auth/${provider}/callback?${refusal}`, { headers: { cookie: denied.cookie } });
      expectStatus(refused, 303);
      const misplaced = world.remember('misplaced secret', randomBytes(25).toString('hex'));
      expectStatus(await world.ask(`/auth/${provider}?link=${misplaced}`), 422, 400, 401);
    }
    for (const token of github.given) world.remember('token of a provider', token);
    for (const { parameters } of github.asked) {
      const verifier = parameters.get('code_verifier');
      if (verifier !== null) world.remember('PKCE verifier', verifier);
    }
  },
};

/** Sets out, and agrees to everything there. */
async function goTo(world: World, provider: Provider) {
  const begun = await world.ask(`/auth/${provider}`, {}, [
    'state of a round trip',
    'browser of a round trip',
    // The code challenge (RFC 7636 section 4.2).
    'SHA-256 of a PKCE verifier',
  ]);
  expectStatus(begun, 303);
  const [cookie = ''] = begun.headers.getSetCookie()[0]?.split(';') ?? [];
  world.remember('browser of a round trip', cookie.split('=')[1] ?? '');
  let place = new URL(begun.headers.get('location') ?? '');
  const state = world.remember('state of a round trip', place.searchParams.get('state') ?? '');
  const there = newBrowser(place.origin);
  while (!place.pathname.endsWith('/callback')) {
    const { headers } = await there.send('GET', `${place.pathname}${place.search}`);
    place = new URL(String(headers['location']), place);
  }
  const code = world.remember('code of a provider', place.searchParams.get('code') ?? '');
  return { cookie, state, code, query: place.searchParams.toString() };
}
