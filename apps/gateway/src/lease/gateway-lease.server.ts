import { randomBytes } from 'node:crypto';
import type { Answering, Bus } from '@gatehouse/bus/bus';
import { gatewayInvalidateSubject } from '@gatehouse/contracts/hot-subjects';
import { AnnouncedChanges } from '@gatehouse/lease/announced-changes';
import { readChange } from '@gatehouse/lease/change-message';
import { Lease, type LeaseView } from '@gatehouse/lease/lease';
import { type KeeperPorts, LeaseKeeper } from '@gatehouse/lease/lease-keeper';
import { type FindKey, type LeasedKeysPorts, leasedKeys } from './leased-keys.js';
import { RememberedKeys } from './remembered-keys.js';

/** Some 3 kB each, which are shared with what keys.client.ts remembers. */
const REMEMBERED_KEYS_MAX = 20_000;

const ACKNOWLEDGED = Buffer.from([1]);

export interface GatewayLeasePorts extends Pick<LeasedKeysPorts, 'askKey'> {
  readonly bus: Pick<Bus, 'answer'>;
  readonly holders: KeeperPorts['holders'];
  readonly monotonicMs: () => number;
  readonly log: KeeperPorts['log'];
  /** What verification asks; its own lease but for tests. */
  readonly trusted?: LeaseView;
}

/** One gateway's own lease, what it remembers under it, and its part in every change of a key. */
export class GatewayLease {
  readonly holderId = randomBytes(16).toString('hex');
  readonly findKey: FindKey;
  /** Requests that were answered from memory. */
  rememberedCount = 0;
  private readonly lease: Lease;
  private readonly remembered: RememberedKeys;
  private readonly keeper: LeaseKeeper;
  private starting: Promise<void> = Promise.resolve();
  private changes: Answering | undefined;
  private stopped = false;

  constructor(private readonly ports: GatewayLeasePorts) {
    const { holderId } = this;
    const remembered = new RememberedKeys(REMEMBERED_KEYS_MAX, new AnnouncedChanges(ports.monotonicMs));
    this.remembered = remembered;
    this.lease = new Lease(ports.monotonicMs);
    this.keeper = new LeaseKeeper({ ...ports, holderId, lease: this.lease, remembered });
    this.findKey = leasedKeys({
      lease: ports.trusted ?? this.lease,
      remembered,
      appliedSeq: () => this.keeper.appliedSeq,
      askKey: ports.askKey,
      onRemembered: () => {
        this.rememberedCount++;
      },
    });
  }

  /** Takes the lease as soon as it can be had; meanwhile every request is asked. */
  start(): void {
    this.starting = this.begin().catch((error: unknown) => {
      this.ports.log.warn({ err: error }, 'this gateway has no lease, and asks for every request');
    });
  }

  isValid(): boolean {
    return this.lease.isValid();
  }

  get size(): number {
    return this.remembered.size;
  }

  /** Gives the lease back; the last to close is the subject for changes. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.starting;
    if (this.changes === undefined) return;
    await this.keeper.stop();
    await this.changes.stop();
  }

  private async begin(): Promise<void> {
    // Listening before the first lease: from its first moment on, a holder can be told.
    this.changes = await this.ports.bus.answer(gatewayInvalidateSubject(this.holderId), this.holderId, (payload) =>
      this.forget(payload),
    );
    if (!this.stopped) this.keeper.startWithoutLease();
  }

  private async forget(payload: Uint8Array): Promise<Uint8Array> {
    this.remembered.hear(readChange(payload));
    return ACKNOWLEDGED;
  }
}
