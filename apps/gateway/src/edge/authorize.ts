import type { Route } from '@gatehouse/catalog/api';
import { judgeKey } from '@gatehouse/key-domain/judge-key';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { readKeyShape } from '@gatehouse/key-domain/parse-key';
import type { LimitOutcome } from '@gatehouse/limit-domain/limit';
import type { PublishedApi } from '../routes/published-api.js';
import { comesFromBrowser } from './comes-from-browser.js';
import { allow, type Decision, deny, denyLimited } from './decision.js';
import { type Charge, limitsFor } from './limits-for.js';
import { readCredential } from './read-credential.js';

/** What is known of a digest now. `unavailable`: nobody could say, so nobody is let in, and nobody told a key is bad. */
export type KeyLookup = KeyFacts | 'unknown' | 'unavailable';

/** The outcome of a charge; `unavailable` where the API's policy is to refuse while limits cannot be asked. */
type TakeOutcome = LimitOutcome | { readonly kind: 'unavailable' };

/** All that the hot path needs of the world outside. */
export interface EdgePorts {
  readonly findKey: (digest: Buffer) => Promise<KeyLookup>;
  readonly takeLimits: (published: PublishedApi, charge: Charge) => Promise<TakeOutcome>;
  readonly nowMs: () => number;
}

/** What the decision reads of a request: names and values in turn, as they arrived. */
export interface EdgeRequest {
  readonly rawHeaders: readonly string[];
}

/**
 * THE HOT PATH: credential -> key -> verdict -> limits -> decision. Cheap refusals come first, and only a request that
 * nothing else refuses is charged. Used unchanged by every door. It never throws for what a client did, nor for a part
 * that is down; a fault that it does throw must end in a refusal.
 */
export async function authorize(
  request: EdgeRequest,
  published: PublishedApi,
  route: Route,
  ports: EdgePorts,
): Promise<Decision> {
  const { api } = published;
  const credential = readCredential(request.rawHeaders, published.places);
  if (credential.kind === 'refused') return deny(credential.code);
  if (readKeyShape(credential.secret, api.profile.key.prefixes).kind === 'malformed') return deny('key_malformed');
  if (published.refusesBrowsers && comesFromBrowser(request.rawHeaders)) return deny('browser_refused');

  const digest = digestKey(credential.secret);
  const found = await ports.findKey(digest);
  if (found === 'unavailable') return deny('verification_unavailable');
  const verdict = judgeKey(found, { nowMs: ports.nowMs(), api: api.name, scopesNeeded: route.scopes });
  if (verdict.kind === 'refused') return deny(verdict.reason, verdict.key);

  const charge = limitsFor(verdict.key, api, route.cost);
  if (charge === undefined) return allow(verdict.key, digest, []);
  const taken = await ports.takeLimits(published, charge);
  if (taken.kind === 'unavailable') return deny('limits_unavailable', verdict.key);
  if (taken.kind === 'refused') return denyLimited(verdict.key, taken.windows, taken.retryAfterSeconds);
  return allow(verdict.key, digest, taken.windows);
}
