import type { Holder } from './holders.store.js';

/** How long a holder may be seen without a renewal before its row is swept; its lease ended long before. */
const SILENT_HOLDER_MS = 60_000;
const SWEEP_EVERY_MS = 20_000;

interface SweeperPorts {
  readonly holders: {
    list(): Promise<Holder[]>;
    removeSilent(holder: Holder): Promise<void>;
    pruneChanges(): Promise<void>;
    pruneAnnouncements(): Promise<void>;
  };
  readonly monotonicMs: () => number;
}

/**
 * Removes holders that died, changes that all have applied, and announcements that nothing came of; called often, does so
 * every 20 s. A holder counts as silent by what this replica has seen over its own monotonic clock, not by the database's
 * time of day, which may jump.
 */
export function holderSweeper({ holders, monotonicMs }: SweeperPorts): () => Promise<void> {
  let seen = new Map<string, { readonly renewals: string; readonly sinceMs: number }>();
  let sweptAtMs = monotonicMs();
  return async () => {
    const nowMs = monotonicMs();
    if (nowMs - sweptAtMs < SWEEP_EVERY_MS) return;
    sweptAtMs = nowMs;
    const before = seen;
    seen = new Map();
    for (const holder of await holders.list()) {
      const known = before.get(holder.holderId);
      const silent = known?.renewals === holder.renewals;
      seen.set(holder.holderId, silent ? known : { renewals: holder.renewals, sinceMs: nowMs });
      if (silent && nowMs - known.sinceMs > SILENT_HOLDER_MS) await holders.removeSilent(holder);
    }
    await holders.pruneChanges();
    await holders.pruneAnnouncements();
  };
}
