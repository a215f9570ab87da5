import type { KeyObject } from 'node:crypto';

/** After so long they are fetched again; GitHub changes them rarely. */
const REFRESH_AFTER_MS = 3_600_000;
/** Where that fails, those that are here stay good for so long. */
const KEPT_MS = 24 * 3_600_000;
/** An id that is not among them makes us fetch again, but not more often than this, whoever makes ids up. */
const ASK_AGAIN_AFTER_MS = 60_000;
const PAUSE_AFTER_FAULT_MS = 30_000;

export type FoundSigningKey =
  | { readonly kind: 'found'; readonly key: KeyObject }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number };

export interface SigningKeysPorts {
  /** Id -> public key. Throws where they cannot be had. */
  readonly fetchKeys: () => Promise<ReadonlyMap<string, KeyObject>>;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonicMs: () => number;
  readonly failed: (error: unknown) => void;
}

/** The public keys that reports are signed with, remembered. */
export class SigningKeys {
  private keys: ReadonlyMap<string, KeyObject> = new Map();
  private fetchedAtMs = Number.NEGATIVE_INFINITY;
  private failedAtMs = Number.NEGATIVE_INFINITY;
  private fetching: Promise<boolean> | undefined;

  constructor(private readonly ports: SigningKeysPorts) {}

  /** Finds a key by its id. `unknown` only where the keys were fetched lately; else nobody can say so. */
  async find(keyId: string): Promise<FoundSigningKey> {
    const ageMs = this.ports.monotonicMs() - this.fetchedAtMs;
    const key = ageMs < KEPT_MS ? this.keys.get(keyId) : undefined;
    if (key !== undefined && ageMs < REFRESH_AFTER_MS) return { kind: 'found', key };
    if (ageMs < ASK_AGAIN_AFTER_MS) return { kind: 'unknown' };
    if (await this.refresh()) {
      const fresh = this.keys.get(keyId);
      return fresh === undefined ? { kind: 'unknown' } : { kind: 'found', key: fresh };
    }
    if (key !== undefined) return { kind: 'found', key };
    return { kind: 'unavailable', retryAfterSeconds: PAUSE_AFTER_FAULT_MS / 1_000 };
  }

  /** Fetches them, once for all who ask meanwhile. @returns false where they could not be had. */
  private async refresh(): Promise<boolean> {
    const { fetchKeys, monotonicMs, failed } = this.ports;
    if (monotonicMs() - this.failedAtMs < PAUSE_AFTER_FAULT_MS) return false;
    this.fetching ??= fetchKeys()
      .then(
        (keys) => {
          this.keys = keys;
          this.fetchedAtMs = monotonicMs();
          return true;
        },
        (error: unknown) => {
          this.failedAtMs = monotonicMs();
          failed(error);
          return false;
        },
      )
      .finally(() => {
        this.fetching = undefined;
      });
    return this.fetching;
  }
}
