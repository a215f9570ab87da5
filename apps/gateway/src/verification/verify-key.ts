import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { PermissionQuery } from '@gatehouse/key-domain/permission-query';
import { authorizeSecret, type EdgePorts } from '../edge/authorize-secret.js';
import type { Decision } from '../edge/decision.js';
import { limitsFor } from '../edge/limits-for.js';
import type { PublishedApi } from '../routes/published-api.js';
import type { UsageReports } from '../usage/usage-reports.client.js';
import { findSecret } from './find-secret.js';
import { KEY_OUTCOMES } from './key-outcomes.js';
import type { VerifyResult } from './verify-answer.js';

/** What somebody wants to know about a secret. Null: whichever, or not asked. */
export interface KeyQuestion {
  readonly secret: string;
  /** The organization that asks: to it, keys of others do not exist. */
  readonly organizationId: string | null;
  readonly api: string | null;
  readonly environment: string | null;
  readonly projectId: string | null;
  readonly permissions: PermissionQuery | null;
  /** 0: nothing is charged. */
  readonly cost: number;
  /** Where the key is used; null: not told, so that a key with a list of addresses is not good for it. */
  readonly address: string | null;
}

/** What those who answer questions about keys use of the data plane. */
export interface VerificationPorts {
  /** Name -> API, the management API among them. */
  readonly apis: ReadonlyMap<string, PublishedApi>;
  readonly edge: EdgePorts;
  /** Counts a verification as a use of its key. */
  readonly usage: Pick<UsageReports, 'record'>;
}

/**
 * Answers a question about a secret with the decision that every door makes. Who did not bring the secret of a key of
 * its own organization hears the same for every text.
 * @returns `unavailable` where nobody could say: that is not an answer about the key
 */
export async function verifyKey(
  question: KeyQuestion,
  { apis, edge }: Omit<VerificationPorts, 'usage'>,
): Promise<VerifyResult | 'unavailable'> {
  const found = await findSecret(question.secret, apis.values(), edge.findKey);
  if (found.kind === 'unavailable') return 'unavailable';
  if (found.kind === 'malformed') return bare('MALFORMED');
  if (found.kind === 'unknown' || isForeign(found.facts, question)) return bare('NOT_FOUND');

  const { facts, digest } = found;
  const published = apis.get(facts.api);
  if (published === undefined || (question.api !== null && question.api !== facts.api)) return bare('FORBIDDEN', facts);
  const needs = {
    published: question.environment === null ? published : onlyFor(question.environment, published),
    scopesNeeded: [],
    permissions: question.permissions,
    cost: question.cost,
    address: question.address ?? '',
    projectId: question.projectId,
    isRead: false,
    fromBrowser: false,
  };
  // What was just heard of this very digest is not asked twice.
  const findKey: EdgePorts['findKey'] = async (asked) => (asked.equals(digest) ? facts : 'unknown');
  const result = resultOf(await authorizeSecret(question.secret, needs, { ...edge, findKey }), facts);
  if (question.cost > 0 || result === 'unavailable' || result.code !== 'VALID') return result;
  return { ...result, ...(await standingOf(facts, published, edge)) };
}

/** How limits and uses of a key stand, for whoever asks without a charge; what cannot be said now is left out. */
async function standingOf(facts: KeyFacts, published: PublishedApi, { takeLimits, spendUses }: EdgePorts) {
  const nothing = limitsFor(facts, published.api, 0);
  const [limits, uses] = await Promise.all([
    nothing && takeLimits(published, nothing),
    facts.uses === 'left' ? spendUses(facts.keyId, 0) : undefined,
  ]);
  return {
    windows: limits === undefined || limits.kind === 'unavailable' ? [] : limits.windows,
    remainingUses: uses?.kind === 'spent' ? uses.left : null,
  };
}

function isForeign(facts: KeyFacts, { organizationId }: KeyQuestion): boolean {
  return organizationId !== null && facts.organizationId !== organizationId;
}

/** The API as if it took keys of this environment only; none where it does not take those. */
function onlyFor(environment: string, published: PublishedApi): PublishedApi {
  const { api } = published;
  const environments = api.environments?.includes(environment) === false ? [] : [environment];
  return { ...published, api: { ...api, environments } };
}

function resultOf(decision: Decision<KeyFacts>, facts: KeyFacts): VerifyResult | 'unavailable' {
  const { windows } = decision;
  if (decision.kind === 'allow') {
    return { code: 'VALID', facts, windows, retryAfterSeconds: null, remainingUses: decision.usesLeft };
  }
  const outcome = KEY_OUTCOMES[decision.code];
  if (outcome === 'unavailable') return outcome;
  if (outcome === 'not_of_a_key') throw new Error(`a decision about a key alone was ${decision.code}`);
  // The text is no secret of the key by the rules of the key's own API: then nothing of the key is said.
  const { code } = outcome;
  const told = code === 'NOT_FOUND' || code === 'MALFORMED' ? null : facts;
  return { code, facts: told, windows, retryAfterSeconds: decision.retryAfterSeconds, remainingUses: null };
}

function bare(code: VerifyResult['code'], facts: KeyFacts | null = null): VerifyResult {
  return { code, facts, windows: [], retryAfterSeconds: null, remainingUses: null };
}
