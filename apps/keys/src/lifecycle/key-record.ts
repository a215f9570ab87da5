import type { Quotas } from '@gatehouse/contracts/keys';
import type { KeyState } from '@gatehouse/key-domain/key';
import type { LastUse } from '../usage/last-use.js';

/** One key as its own service holds it: what decisions need, and what people are shown. Never a secret. */
export interface KeyRecord {
  readonly keyId: string;
  readonly revision: number;
  readonly api: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly environment: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly scopes: readonly string[];
  readonly state: KeyState;
  readonly allowedAddresses: readonly string[];
  readonly limits: Quotas | null;
  readonly remainingUses: number | null;
  /** Unix milliseconds, as the others; null: never. */
  readonly expiresAtMs: number | null;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly creatorRole: string;
  readonly revokedAtMs: number | null;
  readonly revocationReason: string | null;
  /** Taken out of all lists. */
  readonly removedAtMs: number | null;
  readonly secrets: KeySecrets;
  /** Null and undefined: never used. */
  readonly lastUse?: LastUse | null;
}

/** What is known of a key's secrets. */
interface KeySecrets {
  readonly current: SecretRecord;
  /** Of those that have an end, the one that ends last; null: the key was never rotated. */
  readonly old: EndingSecret | null;
  /** The highest generation that there ever was. */
  readonly lastGeneration: number;
}

interface SecretRecord {
  readonly generation: number;
  /** Prefix, dots, last four characters [E3]. */
  readonly display: string;
  readonly createdAtMs: number;
}

export interface EndingSecret extends SecretRecord {
  readonly endsAtMs: number;
}

/**
 * The end of a secret that is over from now on. Gateways judge ends by their own time of day; no clock is so wrong that
 * this would not have come.
 */
export const ENDED_MS = 0;
