import type { KeyRing } from './signing-key.js';

/** How often every replica reads the keys again: a removed key verifies nothing after that, well within a minute [T-14]. */
export const READ_KEYS_EVERY_SECONDS = 20;
/** How often a key that nobody knows lets the keys be read again at most: such tokens are cheap to make up. */
const READ_FOR_UNKNOWN_EVERY_MS = 1_000;

/** The keys as they were read last. */
export interface LiveKeyRing extends KeyRing {
  /** Reads them now. */
  reload(): Promise<void>;
  /** Reads them where a token names a key that was not there, as one does that another replica has just begun to use. */
  prepareFor(token: string): Promise<void>;
}

/** @param monotonicMs never goes back */
export function liveKeyRing(first: KeyRing, read: () => Promise<KeyRing>, monotonicMs: () => number): LiveKeyRing {
  let ring = first;
  let readForUnknownAtMs = Number.NEGATIVE_INFINITY;
  const reload = async () => {
    ring = await read();
  };
  return {
    get current() {
      return ring.current;
    },
    get published() {
      return ring.published;
    },
    reload,
    prepareFor: async (token) => {
      const kid = kidOf(token);
      if (kid === undefined || ring.published.has(kid)) return;
      if (monotonicMs() < readForUnknownAtMs + READ_FOR_UNKNOWN_EVERY_MS) return;
      readForUnknownAtMs = monotonicMs();
      await reload();
    },
  };
}

/** Undefined: this cannot be a token of ours. Nothing of it is believed. */
function kidOf(token: string): string | undefined {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString());
    const kid = (header as { readonly kid?: unknown } | null)?.kid;
    return typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}
