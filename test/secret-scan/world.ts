import type { FakeGithub } from '@gatehouse/testing/github';
import type { GithubStandIn } from '@gatehouse/testing/github-sign-in';
import type { TestNats } from '@gatehouse/testing/nats';
import type { OidcProvider } from '@gatehouse/testing/oidc';
import type { ClusterPlatform } from '@gatehouse/testing/platform';
import type { TestPostgres } from '@gatehouse/testing/postgres';
import { rawExchange } from '../../apps/gateway/src/proxy/raw-request.conformance.js';
import type { Canary, Kind } from './canary.js';
import type { Place } from './find-secrets.js';

/** The answer to a request. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What an answer is documented to have: secrets of these kinds, or the SHA-256 of one. */
type Shown = readonly (Kind | `SHA-256 of a ${Kind}`)[];

/** One thing that happens in the life of keys and people. */
export interface Step {
  readonly name: string;
  readonly take: (world: World) => Promise<void>;
}

export interface WorldParts {
  readonly platform: ClusterPlatform;
  readonly postgres: TestPostgres;
  readonly nats: TestNats;
  readonly github: FakeGithub;
  readonly providers: { readonly github: GithubStandIn; readonly sso: OidcProvider };
  readonly administrator: { readonly email: string; readonly password: string };
}

/** What the steps work with, and the secrets and answers that they leave behind. */
export class World {
  readonly canaries: Canary[] = [];
  /** What the gateway answered, with what it may show. */
  readonly answers: Place[] = [];
  /** Signed in: the headers of a browser's writes. */
  browser: Readonly<Record<string, string>> = {};
  /** A key that is good, of the API `open`. */
  key = { id: '', secret: '' };

  constructor(readonly parts: WorldParts) {}

  /** Takes note of a secret that is looked for in the end. */
  remember(kind: Kind, value: string): string {
    if (value.length < 24) throw new Error(`a ${kind} of ${value.length} characters is found by accident`);
    this.canaries.push({ kind, value });
    return value;
  }

  async ask(path: string, init: RequestInit = {}, shows: Shown = []): Promise<Answered> {
    const answer = await fetch(`${this.parts.platform.url}${path}`, { redirect: 'manual', ...init });
    const text = await answer.text();
    const head = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    const name = `answer to ${init.method ?? 'GET'} ${path.split('?')[0]?.slice(0, 40)}`;
    const allows: Place['allows'] = ({ kind }, { isDigest }) =>
      shows.includes(isDigest ? `SHA-256 of a ${kind}` : kind);
    this.answers.push({
      name,
      bytes: Buffer.from(`${head}
${text}`),
      allows,
    });
    return { status: answer.status, headers: answer.headers, text };
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}, shows: Shown = []) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.ask(
      path,
      { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text },
      shows,
    );
  }

  /** Asks an API with this key, as it should be. */
  use(api: string, secret: string): Promise<Answered> {
    return this.ask(`/apis/${api}/`, { headers: { authorization: `Bearer ${secret}` } });
  }

  /** Bytes that no HTTP client would send. */
  async raw(bytes: string): Promise<void> {
    const port = Number(new URL(this.parts.platform.url).port);
    this.answers.push({ name: 'answer to raw bytes', bytes: Buffer.from(await rawExchange(port, bytes), 'latin1') });
  }

  async createKey(
    api: string,
    headers: Readonly<Record<string, string>> = {},
    scopes: readonly string[] = [],
  ): Promise<{ id: string; secret: string }> {
    const answer = await this.post('/api/v1/keys', { api, name: 'a key', scopes }, { ...this.browser, ...headers }, [
      'key',
    ]);
    if (answer.status !== 201) throw new Error(`not created: ${answer.status} ${answer.text}`);
    const { id, key } = JSON.parse(answer.text) as { id: string; key: string };
    return { id, secret: this.remember('key', key) };
  }
}

/** @throws Error where the answer is another one than the step is about. */
export function expectStatus(answer: Answered, ...statuses: readonly number[]): void {
  if (!statuses.includes(answer.status)) throw new Error(`${answer.status} is none of ${statuses}: ${answer.text}`);
}
