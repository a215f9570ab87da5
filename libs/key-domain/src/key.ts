/** What a key may be at any moment. Revoked is final; disabled can be undone. */
export type KeyState = 'active' | 'disabled' | 'revoked';

/**
 * Everything that a decision about one key needs, as the keys service knows it.
 * `revision` grows with every change of the key, so (keyId, revision) names one exact set of facts.
 */
export interface KeyFacts {
  readonly keyId: string;
  readonly revision: number;
  readonly api: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly plan: string;
  readonly environment: string;
  readonly scopes: readonly string[];
  readonly state: KeyState;
  /** Unix milliseconds; null: never. */
  readonly expiresAtMs: number | null;
}
