import type { KeyFacts } from './key.js';

/** What the request brings to the decision: the moment, the API that it goes to, the scopes that its route needs. */
export interface JudgeContext {
  /** Unix milliseconds. */
  readonly nowMs: number;
  readonly api: string;
  readonly scopesNeeded: readonly string[];
}

/** Reasons are codes of the data plane's refusals. `key` is there whenever the whole secret was right. */
export type KeyVerdict =
  | { readonly kind: 'valid'; readonly key: KeyFacts }
  | { readonly kind: 'refused'; readonly reason: 'key_unknown'; readonly key?: never }
  | { readonly kind: 'refused'; readonly reason: KeyRefusal; readonly key: KeyFacts };

type KeyRefusal = 'key_of_other_api' | 'key_revoked' | 'key_disabled' | 'key_expired' | 'scope_missing';

/** Decides about one key. The first question that fails names the refusal; a key expires at its very millisecond. */
export function judgeKey(key: KeyFacts | 'unknown', context: JudgeContext): KeyVerdict {
  if (key === 'unknown') return { kind: 'refused', reason: 'key_unknown' };
  const reason = refusalOf(key, context);
  return reason === undefined ? { kind: 'valid', key } : { kind: 'refused', reason, key };
}

function refusalOf(key: KeyFacts, { nowMs, api, scopesNeeded }: JudgeContext): KeyRefusal | undefined {
  if (key.api !== api) return 'key_of_other_api';
  if (key.state === 'revoked') return 'key_revoked';
  if (key.state === 'disabled') return 'key_disabled';
  if (key.expiresAtMs !== null && nowMs >= key.expiresAtMs) return 'key_expired';
  for (const scope of scopesNeeded) if (!key.scopes.includes(scope)) return 'scope_missing';
  return undefined;
}
