import type { KeyFacts, KeyQuota } from '@gatehouse/key-domain/key';

/** A person who sends requests to an API with an access token, as identity knows that person at this moment. */
export interface PersonFacts {
  /** The one that the token came to. */
  readonly api: string;
  readonly accountId: string;
  /** The session or grant that the token lives and dies with. */
  readonly sessionId: string;
  readonly organizationId: string;
  /** The plan that the organization has now. */
  readonly plan: string;
  /** By the role in the organization at this moment. */
  readonly scopes: readonly string[];
  /** What the operator has set for the organization in place of the plan's quotas; null: the plan's. */
  readonly organizationLimits: {
    readonly key: readonly KeyQuota[] | null;
    readonly organization: readonly KeyQuota[] | null;
  } | null;
  readonly organizationSuspended: boolean;
}

/** Who sends a request: a program with a key, or a person. */
export type Caller = KeyFacts | PersonFacts;

export function isPerson(caller: Caller): caller is PersonFacts {
  return 'accountId' in caller;
}

/** What a request came with, so that the same can be asked again while its answer runs. */
export type Presented =
  | { readonly kind: 'key'; readonly digest: Buffer }
  | { readonly kind: 'token'; readonly token: string };
