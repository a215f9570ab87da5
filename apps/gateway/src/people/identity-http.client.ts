import { BusUnavailable } from '@gatehouse/bus/bus';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import {
  beginRefusedSchema,
  FEDERATION_CONTEXT_HEADER,
  FEDERATION_SECRET_PURPOSE,
  type FederationContext,
  type FederationOutcome,
  federationOutcomeSchema,
  type ProviderName,
} from '@gatehouse/contracts/federation';
import { request } from 'undici';
import type { z } from 'zod';

/** Longer than identity may talk with a provider. */
const TIMEOUT_MS = 10_000;

export type Begun =
  | { readonly kind: 'sent'; readonly location: string }
  | z.output<typeof beginRefusedSchema>
  | { readonly kind: 'not_configured' };

/** Identity's HTTP port, where sign-ins with a provider go on. */
export interface IdentityHttp {
  /** @throws BusUnavailable where identity does not answer, or not as it should */
  begin(provider: ProviderName, context: FederationContext): Promise<Begun>;
  /** @param query what the provider has sent the browser back with. @throws BusUnavailable as above */
  finish(provider: ProviderName, query: URLSearchParams, context: FederationContext): Promise<FederationOutcome>;
}

/** @param url where identity's port is; the secret at its door comes from the root secret that both have */
export function identityHttp(url: string, rootSecret: string): IdentityHttp {
  const secret = deriveSecret(rootSecret, FEDERATION_SECRET_PURPOSE).toString('base64url');
  const get = async (path: string, context: FederationContext) => {
    try {
      const answer = await request(new URL(path, url), {
        headers: {
          authorization: `Bearer ${secret}`,
          [FEDERATION_CONTEXT_HEADER]: Buffer.from(JSON.stringify(context)).toString('base64url'),
        },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, location: answer.headers.location, text };
    } catch (error) {
      throw new BusUnavailable(`identity's HTTP port does not answer: ${(error as Error).message}`);
    }
  };
  return {
    begin: async (provider, context) => {
      const { status, location, text } = await get(`/auth/${provider}`, context);
      if (status === 302 && typeof location === 'string') return { kind: 'sent', location };
      if (status === 404) return { kind: 'not_configured' };
      return parsed(beginRefusedSchema, status, text);
    },
    finish: async (provider, query, context) => {
      const { status, text } = await get(`/auth/${provider}/callback?${query}`, context);
      return parsed(federationOutcomeSchema, status, text);
    },
  };
}

function parsed<Schema extends z.ZodType>(schema: Schema, status: number, text: string): z.output<Schema> {
  const outcome = schema.safeParse(jsonOf(text));
  if (!outcome.success) throw new BusUnavailable(`identity's HTTP port answers with ${status}`);
  return outcome.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
