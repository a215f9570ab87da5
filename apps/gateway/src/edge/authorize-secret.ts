import type { SpendOutcome } from '@gatehouse/contracts/spend-records';
import { judgeKey } from '@gatehouse/key-domain/judge-key';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { LimitOutcome } from '@gatehouse/limit-domain/limit';
import type { PublishedApi } from '../routes/published-api.js';
import { allow, type Decision, deny, denyLimited } from './decision.js';
import { digestOf } from './digest-of.js';
import { type Charge, limitsFor } from './limits-for.js';
import type { Needs } from './needs.js';

/** What is known of a digest now. `unavailable`: nobody could say, so nobody is let in, and nobody told a key is bad. */
export type KeyLookup = KeyFacts | 'unknown' | 'unavailable';

/** The outcome of a charge; `unavailable` where the API's policy is to refuse while limits cannot be asked. */
export type TakeOutcome = LimitOutcome | { readonly kind: 'unavailable' };

/** All that the decision needs of the world outside. */
export interface EdgePorts {
  /** @param published the API that it came to; which decides whether what is remembered may answer. */
  readonly findKey: (digest: Buffer, published: PublishedApi) => Promise<KeyLookup> | KeyLookup;
  /** At once where this gateway holds units that were charged ahead. */
  readonly takeLimits: (published: PublishedApi, charge: Charge) => Promise<TakeOutcome> | TakeOutcome;
  /** Takes from the number of uses that a key has left. */
  readonly spendUses: (keyId: string, cost: number) => Promise<SpendOutcome | { readonly kind: 'unavailable' }>;
  readonly nowMs: () => number;
}

/**
 * THE DECISION about a secret: shape -> key -> verdict -> limits -> uses, the same at every door. Cheap refusals come
 * first, and only what nothing else refuses is charged. It never throws for what a client did, nor for a part that is
 * down; a fault that it does throw must end in a refusal.
 */
export async function authorizeSecret(secret: string, needs: Needs, ports: EdgePorts): Promise<Decision<KeyFacts>> {
  const { published, cost } = needs;
  const digest = digestOf(secret, published);
  if (digest === undefined) return deny('key_malformed');
  if (needs.fromBrowser) return deny('browser_refused');

  const found = await ports.findKey(digest, published);
  if (found === 'unavailable') return deny('verification_unavailable');
  const verdict = judgeKey(found, needs, published.api, ports.nowMs());
  if (verdict.kind === 'refused') return deny(verdict.reason, verdict.key);

  const { key } = verdict;
  const presented = { kind: 'key', digest } as const;
  const charge = cost === 0 ? undefined : limitsFor(key, published.api, cost);
  const taken = charge === undefined ? FREE : await ports.takeLimits(published, charge);
  if (taken.kind === 'unavailable') return deny('limits_unavailable', key);
  if (taken.kind === 'refused') return denyLimited(key, taken.windows, taken.retryAfterSeconds);
  if (key.uses === 'left' && cost > 0) {
    const spent = await ports.spendUses(key.keyId, cost);
    if (spent.kind === 'exhausted') return deny('uses_exhausted', key);
    if (spent.kind !== 'spent') return deny('verification_unavailable', key);
    return allow(key, presented, needs, taken.windows, spent.left);
  }
  return allow(key, presented, needs, taken.windows);
}

const FREE: LimitOutcome = { kind: 'allowed', windows: [] };
