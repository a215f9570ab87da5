/** What a key may be at any moment. Revoked is final; disabled and quarantined can be undone. */
export type KeyState = 'active' | 'disabled' | 'quarantined' | 'revoked';

/** So many units in one window of so many seconds. */
export interface KeyQuota {
  readonly windowSeconds: number;
  readonly quota: number;
}

/** Quotas for each key and for all keys of one organization together; null: the plan's. */
interface OrganizationLimits {
  readonly key: readonly KeyQuota[] | null;
  readonly organization: readonly KeyQuota[] | null;
}

/**
 * Which of its secrets a key was found by. While a rotation is under way there are two that are good; older ones still
 * find their key, so that whoever presents one is told what has become of it.
 */
interface PresentedSecret {
  /** 1 for the secret of the creation, one more with each rotation. */
  readonly generation: number;
  /** Unix milliseconds; null: the key's current secret. */
  readonly endsAtMs: number | null;
}

/**
 * Everything that a decision about one key needs, as the keys service knows it.
 * `revision` grows with every change of the key and of its organization, so (secret, revision) names one exact set of
 * facts.
 */
export interface KeyFacts {
  readonly keyId: string;
  readonly revision: number;
  readonly api: string;
  readonly organizationId: string;
  readonly projectId: string;
  /** The plan that the organization has now. */
  readonly plan: string;
  readonly environment: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly scopes: readonly string[];
  readonly state: KeyState;
  /** Unix milliseconds; null: never. */
  readonly expiresAtMs: number | null;
  /** Addresses and CIDR ranges that it may be used from; empty: any. */
  readonly allowedAddresses: readonly string[];
  /** Quotas of its own, below those of its plan; null: none. */
  readonly limits: readonly KeyQuota[] | null;
  /** What the operator has set for its organization in place of the plan's quotas; null: the plan's. */
  readonly organizationLimits: OrganizationLimits | null;
  readonly organizationSuspended: boolean;
  /** `left`: each request has to spend one of a number that keys counts. */
  readonly uses: 'unlimited' | 'left' | 'exhausted';
  /** The role that its creator had when it was made: it never has more rights than that role. */
  readonly creatorRole: string;
  readonly secret: PresentedSecret;
}
