import type { Holder, Renewal } from './holders.store.js';
import { type Lease, RENEW_EVERY_MS } from './lease.js';

/** How long a holder may be seen without a renewal before its row is swept; its lease ended long before. */
const SILENT_HOLDER_MS = 60_000;
const SWEEP_EVERY_MS = 20_000;

export interface KeeperPorts {
  readonly holderId: string;
  readonly lease: Lease;
  readonly holders: {
    register(holderId: string): Promise<string>;
    renew(holderId: string, appliedSeq: string): Promise<Renewal>;
    release(holderId: string): Promise<void>;
    list(): Promise<Holder[]>;
    removeSilent(holder: Holder): Promise<void>;
    pruneChanges(): Promise<void>;
  };
  /** What the lease protects. */
  readonly remembered: { evict(keyId: string): void; clear(): void };
  readonly monotonicMs: () => number;
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
}

/** Keeps one replica's lease alive, and what it remembers in step with the changes. See README.md in this folder. */
export class LeaseKeeper {
  private appliedSeq: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;
  private sweptAtMs: number;
  private readonly seen = new Map<string, { renewals: string; sinceMs: number }>();

  constructor(private readonly ports: KeeperPorts) {
    this.sweptAtMs = ports.monotonicMs();
  }

  /** Takes the first lease. @throws where PostgreSQL does not answer. */
  async start(): Promise<void> {
    await this.renew();
    this.schedule();
  }

  /** Gives the lease back, so that nobody has to wait for it to end. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.ports.lease.end();
    await this.turn;
    this.ports.lease.end();
    this.ports.remembered.clear();
    await this.ports.holders.release(this.ports.holderId).catch((error: unknown) => {
      this.ports.log.warn({ err: error }, 'the lease could not be given back; it ends by itself');
    });
  }

  /** Renews once; registers where there is nothing to renew. */
  async renew(): Promise<void> {
    const { holderId, holders, lease, remembered } = this.ports;
    if (this.appliedSeq !== undefined) {
      const sentAtMs = this.ports.monotonicMs();
      const renewal = await holders.renew(holderId, this.appliedSeq);
      if (renewal.kind === 'renewed') {
        for (const keyId of renewal.changedKeyIds) remembered.evict(keyId);
        this.appliedSeq = renewal.appliedSeq;
        lease.extend(sentAtMs);
        return;
      }
      lease.end();
      remembered.clear();
      this.appliedSeq = undefined;
    }
    const sentAtMs = this.ports.monotonicMs();
    const appliedSeq = await holders.register(holderId);
    // What was loaded before the row was there is not covered: a change might have been made without asking us.
    remembered.clear();
    this.appliedSeq = appliedSeq;
    lease.extend(sentAtMs);
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.turn = this.takeTurn().finally(() => {
        if (!this.stopped) this.schedule();
      });
    }, RENEW_EVERY_MS);
  }

  private async takeTurn(): Promise<void> {
    try {
      await this.renew();
      if (this.failing) this.ports.log.info({}, 'the lease is renewed again');
      this.failing = false;
      await this.sweep();
    } catch (error) {
      if (!this.failing) this.ports.log.warn({ err: error }, 'the lease cannot be renewed');
      this.failing = true;
    }
  }

  /**
   * Removes holders that died. A holder counts as silent by what this replica has seen over its own monotonic clock, not
   * by the database's time of day, which may jump.
   */
  private async sweep(): Promise<void> {
    const nowMs = this.ports.monotonicMs();
    if (nowMs - this.sweptAtMs < SWEEP_EVERY_MS) return;
    this.sweptAtMs = nowMs;
    const present = await this.ports.holders.list();
    const before = new Map(this.seen);
    this.seen.clear();
    for (const holder of present) {
      const known = before.get(holder.holderId);
      const silent = known?.renewals === holder.renewals;
      this.seen.set(holder.holderId, silent ? known : { renewals: holder.renewals, sinceMs: nowMs });
      if (silent && nowMs - known.sinceMs > SILENT_HOLDER_MS) await this.ports.holders.removeSilent(holder);
    }
    await this.ports.holders.pruneChanges();
  }
}
