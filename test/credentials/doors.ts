import type { PlatformWithClock } from '../../conformance/platform-with-clock.js';
import { type Answer, bearer, type Sent, send } from '../../conformance/send.js';
import type { CredentialKind, Credentials, Holders } from './credentials.js';

/** A place that takes a credential, and the kinds that it is for. */
export interface Door {
  readonly name: string;
  readonly opensFor: readonly CredentialKind[];
  /** @returns whether what was shown was taken for what the door wants */
  readonly show: (text: string) => Promise<boolean>;
}

const NEW_PASSWORD = 'nine quiet otters swim north';
const REFUSALS = [400, 401, 403, 422];

export function doorsOf(platform: PlatformWithClock, credentials: Credentials, holders: Holders): readonly Door[] {
  const to = (path: string, sent: Sent = {}) => send(`${platform.url}${path}`, sent);
  const post = (path: string, json: object, headers: Record<string, string> = {}) =>
    to(path, { method: 'POST', json, headers });
  const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    postForm(`${platform.url}${path}`, new URLSearchParams(fields), headers);
  const cookie = `gatehouse_session=${credentials['session cookie']}`;
  const byBearer = bearer(holders.managementKey);
  /** With a code that the provider does not know: who may come back is told that it did not work. */
  const comesBack = async (browser: string, state: string) => {
    const headers = { cookie: `gatehouse_sign_in=${browser}` };
    const answer = await to(`/auth/sso/callback?code=x&state=${state}`, { headers });
    return answer.status === 303 || opens(answer);
  };
  const link = (name: string, path: string, kind: CredentialKind, more: object = {}): Door => ({
    name,
    opensFor: [kind],
    show: async (token) => opens(await post(path, { token, ...more })),
  });
  return [
    {
      name: 'the session cookie',
      opensFor: ['session cookie'],
      show: async (text) => opens(await to('/auth/session', { headers: { cookie: `gatehouse_session=${text}` } })),
    },
    {
      name: 'the CSRF header of a session',
      opensFor: ['CSRF token'],
      show: async (text) => opens(await post('/api/v1/projects', { name: 'x' }, { cookie, 'x-csrf-token': text })),
    },
    {
      name: 'the bearer token of somebody who is signed in',
      opensFor: ['access token of a session'],
      show: async (text) => opens(await to('/auth/session', { headers: bearer(text) })),
    },
    {
      name: 'the bearer token of the management API',
      opensFor: ['access token of a session', 'management key'],
      show: async (text) => opens(await to('/api/v1/keys', { headers: bearer(text) })),
    },
    {
      name: 'the bearer token of an API that takes those of sign-ins',
      opensFor: ['access token of a session'],
      show: async (text) => opens(await to('/apis/xantly/v1/other', { headers: bearer(text) })),
    },
    {
      name: 'the bearer token of an API that takes its own',
      opensFor: ['access token of an API'],
      show: async (text) => opens(await to('/apis/altrixy/v1/portfolios', { headers: bearer(text) })),
    },
    {
      name: 'the key header of an API',
      opensFor: ['key of an API'],
      show: async (text) => opens(await to('/apis/altrixy/v1/portfolios', { headers: { 'x-api-key': text } })),
    },
    {
      name: 'possession of a key',
      opensFor: ['key of an API', 'management key'],
      show: async (key) => opens(await post('/api/v1/keys/whoami', { key })),
    },
    {
      name: 'verification of a key',
      opensFor: ['key of an API', 'management key'],
      show: async (key) => says(await post('/api/v1/keys/verify', { key }, byBearer), /"valid":true/),
    },
    {
      name: 'introspection',
      opensFor: ['access token of a session', 'access token of an API', 'refresh token'],
      show: async (token) => says(await form('/oauth/introspect', { token }, byBearer), /"active":true/),
    },
    {
      name: 'the refresh of OAuth',
      opensFor: ['refresh token'],
      show: async (text) =>
        opens(await form('/oauth/token', { grant_type: 'refresh_token', client_id: 'altrixy', refresh_token: text })),
    },
    {
      name: 'the refresh of an API',
      opensFor: ['refresh token'],
      show: async (text) => opens(await post('/apis/altrixy/v1/auth/refresh', { refresh_token: text })),
    },
    {
      name: 'the start of a recovery',
      opensFor: ['challenge of a second step'],
      show: async (challenge) => opens(await post('/auth/recovery/start', { challenge })),
    },
    {
      name: 'the challenge of a second step',
      opensFor: ['challenge of a second step'],
      show: async (challenge) =>
        opens(await post('/auth/login/second-factor', { challenge, code: credentials['backup code'] })),
    },
    link('the link of a sign-up', '/auth/email/verify', 'link of a sign-up'),
    link('the link to a new password', '/auth/password/reset', 'link to a new password', {
      new_password: NEW_PASSWORD,
    }),
    link('the link of a new address', '/auth/email/change/confirm', 'link of a new address'),
    link('the link back to the old address', '/auth/email/change/undo', 'link back to the old address'),
    link('the link of a recovery', '/auth/recovery/confirm', 'link of a recovery'),
    link('the link that stops a recovery', '/auth/recovery/cancel', 'link that stops a recovery'),
    {
      name: 'the link that completes a recovery',
      opensFor: [],
      show: async (token) => opens(await post('/auth/recovery/complete', { token })),
    },
    {
      name: 'an invitation',
      opensFor: ['link of an invitation'],
      show: async (token) => {
        const { status, text } = await holders.invited.send('POST', '/api/v1/invitations/accept', { token });
        return opens({ status, text });
      },
    },
    {
      name: 'the first administrator’s token',
      opensFor: [],
      show: async (token) =>
        opens(await post('/auth/claim', { token, email: 'mallory@example.com', password: NEW_PASSWORD })),
    },
    {
      name: 'the way back from a provider, as the cookie',
      opensFor: ['cookie of a round trip to a provider'],
      show: (text) => comesBack(text, credentials['state of a round trip to a provider']),
    },
    {
      name: 'the way back from a provider, as the state',
      opensFor: ['state of a round trip to a provider'],
      show: (text) => comesBack(credentials['cookie of a round trip to a provider'], text),
    },
  ];
}

/** @throws Error where the answer is neither a success nor the refusal of a credential */
function opens({ status, text }: Pick<Answer, 'status' | 'text'>): boolean {
  if (status >= 200 && status < 300) return true;
  if (REFUSALS.includes(status)) return false;
  throw new Error(`${status} is no answer to a credential: ${text}`);
}

/** Where 200 is the answer to every question. */
function says(answer: Pick<Answer, 'status' | 'text'>, yes: RegExp): boolean {
  return opens(answer) && yes.test(answer.text);
}

async function postForm(url: string, body: URLSearchParams, headers: Record<string, string>) {
  const answer = await fetch(url, { method: 'POST', body, headers });
  return { status: answer.status, text: await answer.text() };
}
