import { randomBytes } from 'node:crypto';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import {
  FEDERATION_CONTEXT_HEADER,
  FEDERATION_SECRET_PURPOSE,
  type FederationContext,
  type FederationOutcome,
} from '@gatehouse/contracts/federation';
import { ROOT_SECRET } from '../start.conformance.js';

const SECRET = deriveSecret(ROOT_SECRET, FEDERATION_SECRET_PURPOSE).toString('base64url');
const ORIGIN = { address: '192.0.2.7', userAgent: 'a browser', requestId: 'req-1' };

export interface Answered {
  readonly status: number;
  readonly location: string | null;
  readonly outcome: FederationOutcome | undefined;
}

/** A browser, and the gateway before it, as the HTTP port of identity sees both. */
export class TestBrowser {
  readonly secret: string | null = randomBytes(32).toString('base64url');
  private readonly cookies = new Map<string, string>();

  /** @param urls the replicas of identity; requests go round them */
  constructor(
    private readonly urls: readonly (string | undefined)[],
    private readonly address = ORIGIN.address,
  ) {}

  private requests = 0;

  /** A request of the gateway's, with the context of this browser or a part of another one. */
  async ask(
    path: string,
    context: Partial<FederationContext> = {},
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    const url = this.urls[this.requests++ % this.urls.length];
    const told = { browser: this.secret, origin: { ...ORIGIN, address: this.address }, linker: null, ...context };
    const answer = await fetch(`${url}${path}`, {
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${SECRET}`,
        [FEDERATION_CONTEXT_HEADER]: Buffer.from(JSON.stringify(told)).toString('base64url'),
        ...headers,
      },
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== '';
    return {
      status: answer.status,
      location: answer.headers.get('location'),
      outcome: isJson ? (JSON.parse(text) as FederationOutcome) : undefined,
    };
  }

  /** Sets out to a provider, and follows it through its pages up to the way back. @returns path and query of the callback */
  async goTo(provider: 'github' | 'sso', linker: FederationContext['linker'] = null): Promise<string> {
    const begun = await this.ask(`/auth/${provider}`, { linker });
    if (begun.location === null)
      throw new Error(`not sent to ${provider}: ${begun.status} ${JSON.stringify(begun.outcome)}`);
    return this.follow(begun.location);
  }

  /** What the provider's pages do with somebody who agrees to everything. */
  async follow(location: string): Promise<string> {
    let next = new URL(location);
    for (let hops = 0; hops < 12; hops += 1) {
      if (next.pathname.endsWith('/callback')) return `${next.pathname}${next.search}`;
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(next, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
      for (const set of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        if (name !== undefined && value !== undefined) this.cookies.set(name, value);
      }
      const onward = answer.headers.get('location');
      if (onward === null) throw new Error(`the provider ends with ${answer.status}: ${await answer.text()}`);
      next = new URL(onward, next);
    }
    throw new Error('the provider sends the browser round and round');
  }

  /** There and back again. */
  async signIn(provider: 'github' | 'sso', linker: FederationContext['linker'] = null): Promise<FederationOutcome> {
    return outcomeOf(await this.ask(await this.goTo(provider, linker), { linker: null }));
  }
}

/** @throws Error where an answer has no outcome in it. */
export function outcomeOf({ status, outcome }: Answered): FederationOutcome {
  if (outcome === undefined) throw new Error(`answered with ${status} and no outcome`);
  return outcome;
}

/** @throws Error where a sign-in did not end in a session. */
export function signedInOf(outcome: FederationOutcome): Extract<FederationOutcome, { kind: 'signed_in' }> {
  if (outcome.kind !== 'signed_in') throw new Error(`not signed in: ${JSON.stringify(outcome)}`);
  return outcome;
}
