import type { KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { rsaPrivateKey } from './rsa-private-key.js';

/** A person as the provider knows it. */
export interface OidcPerson {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: unknown;
  readonly name?: string;
}

/** A real OpenID Connect provider, where everybody who is sent there is signed in at once and agrees. */
export interface OidcProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What it signs ID tokens with, under the id `of-the-test`. */
  readonly signingKey: KeyObject;
  signedInAs(person: OidcPerson): void;
  /** Answers a request itself where it returns true. */
  answerInstead(instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined): void;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** @param redirectUris where it sends people back to */
export async function startOidcProvider(redirectUris: readonly string[]): Promise<OidcProvider> {
  let person: OidcPerson = { sub: 'nobody' };
  let instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  let serve: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => void response.end();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '/', 'http://provider').pathname);
    if (instead?.(request, response) !== true) serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signingKey = rsaPrivateKey(2_048);
  const client = { id: 'sso-client', secret: 'a secret of the sso client, long enough' };
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [...redirectUris] }],
    jwks: { keys: [{ ...signingKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'of-the-test' }] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    findAccount: (_context, sub) => ({ accountId: sub, claims: async () => ({ ...person, sub }) }),
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    cookies: { keys: ['a key of the test'] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
  });
  const callback = provider.callback();
  serve = (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void callback(request, response);
    void agree(provider, person, request, response);
  };
  return {
    issuer,
    clientId: client.id,
    clientSecret: client.secret,
    signingKey,
    signedInAs: (now) => {
      person = now;
    },
    answerInstead: (other) => {
      instead = other;
    },
    asked,
    stop: () => stop(server),
  };
}

/** What a person would do on the provider's pages. */
async function agree(provider: Provider, person: OidcPerson, request: IncomingMessage, response: ServerResponse) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: person.sub } });
  }
  const accountId = session?.accountId ?? person.sub;
  const grant = new provider.Grant({ accountId, clientId: String(params['client_id']) });
  grant.addOIDCScope('openid email profile');
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
