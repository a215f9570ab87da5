import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GithubUser {
  readonly id: number;
  readonly login: string;
  readonly name: string | null;
  /** What the public profile shows; nobody has checked it. */
  readonly email?: string | null;
  readonly emails: readonly { readonly email: string; readonly primary: boolean; readonly verified: boolean }[];
}

/** Answers in place of the stand-in's own; undefined: its own. */
type Instead = (path: string, response: ServerResponse) => boolean;

/** GitHub as far as signing in goes: OAuth with PKCE, and the two REST answers about who that is. */
export interface GithubStandIn {
  /** For GITHUB_URL. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What was asked of it, in order. */
  readonly asked: { readonly method: string; readonly path: string; readonly parameters: URLSearchParams }[];
  asks(path: string): number;
  /** The tokens that it gave, the oldest first. */
  readonly given: readonly string[];
  /** Who is signed in at GitHub, and agrees to everything. */
  signedInAs(user: GithubUser): void;
  answerInstead(instead: Instead | undefined): void;
  stop(): Promise<void>;
}

interface Grant {
  readonly user: GithubUser;
  readonly challenge: string;
  readonly redirectUri: string;
}

/** A port of this machine where everybody who is sent there comes back at once. */
export async function startGithubStandIn(): Promise<GithubStandIn> {
  const client = { id: 'github-client', secret: randomBytes(20).toString('hex') };
  const codes = new Map<string, Grant>();
  const tokens = new Map<string, GithubUser>();
  const asked: GithubStandIn['asked'] = [];
  let user: GithubUser | undefined;
  let instead: Instead | undefined;

  function authorize(parameters: URLSearchParams, response: ServerResponse): ServerResponse {
    const redirectUri = parameters.get('redirect_uri') ?? '';
    const challenge = parameters.get('code_challenge') ?? '';
    const isAsked = parameters.get('client_id') === client.id && parameters.get('code_challenge_method') === 'S256';
    if (!isAsked || user === undefined || challenge === '') return response.writeHead(400).end('bad request');
    const code = randomBytes(16).toString('hex');
    codes.set(code, { user, challenge, redirectUri });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', parameters.get('state') ?? '');
    return response.writeHead(302, { location: back.href }).end();
  }

  /** Faults are 200 with a code, as at GitHub. */
  function exchange(parameters: URLSearchParams, response: ServerResponse): ServerResponse {
    const grant = codes.get(parameters.get('code') ?? '');
    codes.delete(parameters.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(parameters.get('code_verifier') ?? '')
      .digest('base64url');
    const isClient = parameters.get('client_id') === client.id && parameters.get('client_secret') === client.secret;
    if (!isClient) return json(response, 200, { error: 'incorrect_client_credentials' });
    const isGood = grant?.challenge === challenge && grant.redirectUri === parameters.get('redirect_uri');
    if (grant === undefined || !isGood) return json(response, 200, { error: 'bad_verification_code' });
    const token = `gho_${randomBytes(18).toString('hex')}`;
    tokens.set(token, grant.user);
    return json(response, 200, { access_token: token, scope: 'read:user,user:email', token_type: 'bearer' });
  }

  function tell(path: string, request: IncomingMessage, response: ServerResponse): ServerResponse {
    const known = tokens.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
    // GitHub refuses requests that do not say who they are.
    if (request.headers['user-agent'] === undefined) return json(response, 403, { message: 'no user agent' });
    if (known === undefined) return json(response, 401, { message: 'Bad credentials' });
    const { emails, ...profile } = known;
    return json(response, 200, path === '/api/v3/user' ? { email: null, ...profile } : emails);
  }

  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://stand-in');
      const isPost = request.method === 'POST';
      const parameters = isPost ? new URLSearchParams(body) : url.searchParams;
      asked.push({ method: request.method ?? '', path: url.pathname, parameters });
      if (instead?.(url.pathname, response) === true) return undefined;
      if (url.pathname === '/login/oauth/authorize') return authorize(parameters, response);
      if (url.pathname === '/login/oauth/access_token' && isPost) return exchange(parameters, response);
      if (url.pathname === '/api/v3/user' || url.pathname === '/api/v3/user/emails') {
        return tell(url.pathname, request, response);
      }
      return json(response, 404, { message: 'Not Found' });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId: client.id,
    clientSecret: client.secret,
    asked,
    get given() {
      return [...tokens.keys()];
    },
    asks: (path) => asked.filter((one) => one.path === path).length,
    signedInAs: (now) => {
      user = now;
    },
    answerInstead: (other) => {
      instead = other;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function json(response: ServerResponse, status: number, value: unknown): ServerResponse {
  return response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}
