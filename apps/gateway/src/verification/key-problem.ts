import { REFUSALS } from '@gatehouse/catalog/refusals';
import type { Deny } from '../edge/decision.js';
import { Refusal } from '../management/refusal.js';
import { KEY_OUTCOMES } from './key-outcomes.js';

/** Of a decision that could not be made: the parts that were not there are back, or replaced, soon. */
const UNAVAILABLE = { retryAfterSeconds: 1 };

/**
 * A refused key as the problem that its holder is answered. What cannot be a key, what is unknown and a key of another
 * API are one answer; what has become of a key is said to whoever has its secret.
 */
export function keyProblem({ code, retryAfterSeconds }: Pick<Deny, 'code' | 'retryAfterSeconds'>): Refusal {
  const outcome = KEY_OUTCOMES[code];
  if (outcome === 'not_of_a_key') throw new Error(`a decision about a key alone was ${code}`);
  if (outcome === 'unavailable') return new Refusal('service_unavailable', UNAVAILABLE);
  switch (outcome.problem) {
    case 'key_invalid':
      return new Refusal('key_invalid');
    case 'rate_limited':
      return new Refusal('rate_limited', { retryAfterSeconds: retryAfterSeconds ?? 1 });
    default:
      return new Refusal(outcome.problem, { detail: REFUSALS[code].message });
  }
}
