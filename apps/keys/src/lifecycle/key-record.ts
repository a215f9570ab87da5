import type { KeyFacts } from '@gatehouse/key-domain/key';

/** One key as its own service holds it: the facts that decisions need, and what people are shown. Never a secret. */
export interface KeyRecord extends KeyFacts {
  readonly name: string;
  /** Prefix, dots, last four characters [E3]. */
  readonly display: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Unix milliseconds, as the others. */
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly revokedAtMs: number | null;
  readonly revocationReason: string | null;
}
