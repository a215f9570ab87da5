import type { Change, ChangeMessage } from './change-message.js';
import { type Lease, RENEW_EVERY_MS } from './lease.js';

/** After a renewal that failed: several tries fit into what is left of the lease. */
const RENEW_AGAIN_MS = 100;

/** Sequence numbers are opaque texts here. */
export type Renewal =
  | {
      readonly kind: 'renewed';
      readonly appliedSeq: string;
      readonly changedIds: readonly string[];
      /** Are about to be made, and some holder has not said that it knows. */
      readonly announced: readonly Change[];
    }
  /** The holder is not known (any more), or not as one that has applied so much. */
  | { readonly kind: 'vanished' };

export interface KeeperPorts {
  readonly holderId: string;
  readonly lease: Lease;
  /** The truth about holders and changes. Every method throws when it fails. */
  readonly holders: {
    register(holderId: string): Promise<string>;
    renew(holderId: string, appliedSeq: string): Promise<Renewal>;
    release(holderId: string): Promise<void>;
  };
  /** What the lease protects. */
  readonly remembered: { evict(id: string): void; hear(message: ChangeMessage): void; clear(): void };
  /** What else there is to do now and then, while renewals succeed. */
  readonly afterRenewal?: () => Promise<void>;
  readonly monotonicMs: () => number;
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
}

/**
 * Keeps one process's lease alive, and what it remembers in step with the changes. Why a cache under such a lease is
 * never stale: apps/keys/src/lease/README.md.
 */
export class LeaseKeeper {
  private applied: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;

  constructor(private readonly ports: KeeperPorts) {}

  /** The number of the last change that is applied; 0 where that is not known. */
  get appliedSeq(): number {
    return Number(this.applied ?? 0);
  }

  /** Takes the first lease. @throws where holders cannot be asked. */
  async start(): Promise<void> {
    await this.renew();
    this.schedule(RENEW_EVERY_MS);
  }

  /** Takes the first lease as soon as it can be had; until then there is none. */
  startWithoutLease(): void {
    this.schedule(0);
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
    if (this.applied !== undefined && (await this.renewAs(this.applied))) return;
    // Registering gives no lease: whoever read the holders before does not wait for this one. Renewing does, since every
    // change that it does not tell of was, or will be, settled with this holder in the list.
    if (!(await this.renewAs(await this.register()))) throw new Error('the lease was lost while it was taken');
  }

  private async register(): Promise<string> {
    const { holderId, holders, remembered } = this.ports;
    const appliedSeq = await holders.register(holderId);
    // What was loaded before the row was there is not covered: a change might have been made without asking us.
    remembered.clear();
    this.applied = appliedSeq;
    return appliedSeq;
  }

  private async renewAs(appliedSeq: string): Promise<boolean> {
    const { holderId, holders, lease, remembered, monotonicMs } = this.ports;
    const sentAtMs = monotonicMs();
    const renewal = await holders.renew(holderId, appliedSeq);
    if (renewal.kind === 'vanished') {
      lease.end();
      remembered.clear();
      this.applied = undefined;
      return false;
    }
    for (const id of renewal.changedIds) remembered.evict(id);
    for (const change of renewal.announced) remembered.hear({ kind: 'announced', ...change });
    this.applied = renewal.appliedSeq;
    lease.extend(sentAtMs);
    return true;
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.turn = this.takeTurn().finally(() => {
        if (!this.stopped) this.schedule(this.failing ? RENEW_AGAIN_MS : RENEW_EVERY_MS);
      });
    }, delayMs);
  }

  private async takeTurn(): Promise<void> {
    try {
      await this.renew();
      if (this.failing) this.ports.log.info({}, 'the lease is renewed again');
      this.failing = false;
      await this.ports.afterRenewal?.();
    } catch (error) {
      if (!this.failing) this.ports.log.warn({ err: error }, 'the lease cannot be renewed');
      this.failing = true;
    }
  }
}
