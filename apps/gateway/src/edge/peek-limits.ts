import { REFUSALS } from '@gatehouse/catalog/refusals';
import type { PublishedApi } from '../routes/published-api.js';
import type { EdgePorts } from './authorize-secret.js';
import type { Deny } from './decision.js';
import { limitsFor } from './limits-for.js';

/**
 * For an API whose every answer tells how limits stand: a refusal of a key that holds, of one that lacks a scope say,
 * gets the real numbers, by a charge of nothing. A key that does not hold is worth no question, and where limits could
 * not be asked a moment ago they are not asked again.
 */
export async function peekLimits(
  refusal: Deny,
  published: PublishedApi,
  takeLimits: EdgePorts['takeLimits'],
): Promise<Deny> {
  const { facts, code, windows } = refusal;
  if (published.api.profile.headers.limitsOn !== 'every' || facts === null || windows.length > 0) return refusal;
  if (REFUSALS[code].status === 401 || code === 'limits_unavailable') return refusal;
  const charge = limitsFor(facts, published.api, 0);
  if (charge === undefined) return refusal;
  const standing = await takeLimits(published, charge);
  return standing.kind === 'unavailable' ? refusal : { ...refusal, windows: standing.windows };
}
