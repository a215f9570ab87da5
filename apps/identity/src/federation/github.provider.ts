import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-github2';
import { z } from 'zod';
import type { GithubSettings } from './federation-settings.js';
import { readGithubProfile } from './github-profile.js';
import type { Outbound } from './outbound.client.js';
import type { Vouched } from './provider.js';

type TokenParameters = Record<string, string>;
type TokenDone = (error: unknown, accessToken?: string, refreshToken?: string, answer?: object) => void;

/** Reads and writes for one round trip what Passport must keep between the two requests; see `StateStore` of passport-oauth2. */
export interface KeptState {
  store(
    request: object,
    verifier: string,
    state: unknown,
    meta: object,
    done: (error: unknown, state?: string) => void,
  ): void;
  verify(request: object, state: string, meta: object, done: (error: unknown, verifier?: string | false) => void): void;
}

const tokenSchema = z.object({ access_token: z.string().regex(/^[\x21-\x7e]{1,1024}$/) });

/**
 * Sign-in with GitHub, as Passport does it: authorization code with PKCE. Every request to GitHub goes through `send`,
 * which has limits; the client of passport-oauth2 has none.
 */
export class GithubStrategy extends PassportStrategy(Strategy) {
  constructor(
    name: string,
    private readonly settings: GithubSettings,
    state: KeptState,
    private readonly send: Outbound,
  ) {
    super({
      clientID: settings.clientId,
      clientSecret: settings.clientSecret,
      callbackURL: settings.callbackUrl,
      authorizationURL: settings.authorizationUrl,
      tokenURL: settings.tokenUrl,
      scope: ['read:user', 'user:email'],
      scopeSeparator: ' ',
      name,
      pkce: 'S256',
      store: state,
    } as never);
    const client = (this as unknown as { _oauth2: { getOAuthAccessToken: unknown } })._oauth2;
    client.getOAuthAccessToken = (code: string, parameters: TokenParameters, done: TokenDone) => {
      this.exchange(code, parameters).then(
        (accessToken) => done(null, accessToken, undefined, {}),
        (error: unknown) => done(error),
      );
    };
  }

  /** What Passport calls a user is what GitHub vouches for. */
  validate(_accessToken: string, _refreshToken: string, profile: Vouched): Vouched {
    return profile;
  }

  /** In place of the one of passport-github2, which takes any address for the person's, verified or not. */
  override userProfile(accessToken: string, done: (error?: Error | null, profile?: Vouched) => void): void {
    this.readProfile(accessToken).then(
      (profile) => done(null, profile),
      (error: Error) => done(error),
    );
  }

  private async exchange(code: string, parameters: TokenParameters): Promise<string> {
    const { clientId, clientSecret, tokenUrl } = this.settings;
    const body = new URLSearchParams({ ...parameters, client_id: clientId, client_secret: clientSecret, code });
    const answer = await this.send(tokenUrl, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
    });
    return tokenSchema.parse(await jsonOf(answer)).access_token;
  }

  private async readProfile(accessToken: string): Promise<Vouched> {
    const get = async (path: string) => {
      const headers = { accept: 'application/vnd.github+json', authorization: `Bearer ${accessToken}` };
      return jsonOf(await this.send(`${this.settings.apiUrl}${path}`, { headers }));
    };
    const [user, emails] = await Promise.all([get('/user'), get('/user/emails?per_page=100')]);
    return readGithubProfile(this.settings.issuer, user, emails);
  }
}

/** @throws Error where the answer is another one than 200 with JSON; says nothing of what it is. */
async function jsonOf(answer: Response): Promise<unknown> {
  if (answer.status !== 200) throw new Error(`GitHub answered with ${answer.status}`);
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('GitHub answered with something else than JSON');
  }
}
