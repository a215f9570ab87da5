/** Who used one secret of a key: how often in all, and its newest callers, newest first. */
export interface SecretUse {
  readonly uses: number;
  /** Null: never. */
  readonly lastAtMs: number | null;
  readonly callers: readonly Caller[];
}

interface Caller {
  readonly address: string;
  readonly userAgent: string;
  /** Of its last request. */
  readonly route: string;
  readonly uses: number;
  readonly lastAtMs: number;
}

export const NEVER_USED: SecretUse = { uses: 0, lastAtMs: null, callers: [] };
