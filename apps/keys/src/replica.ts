import { randomBytes } from 'node:crypto';
import type { Answering, Bus } from '@gatehouse/bus/bus';
import { invalidateSubject, VERIFY_SUBJECT, verifyReplicaSubject } from '@gatehouse/contracts/hot-subjects';
import { AnnouncedChanges } from '@gatehouse/lease/announced-changes';
import { readChange } from '@gatehouse/lease/change-message';
import { Lease, type LeaseView } from '@gatehouse/lease/lease';
import { type KeeperPorts, LeaseKeeper } from '@gatehouse/lease/lease-keeper';
import { type Announcement, type AnnouncePorts, announceChange, enterAnnouncement } from './lease/announce-change.js';
import type { HoldersStore } from './lease/holders.store.js';
import { type Settlement, type SettlePorts, settleChange } from './lease/settle-change.js';
import type { Settling } from './lease/settling.js';
import { holderSweeper } from './lease/sweep-holders.js';
import { KnownKeys } from './verification/known-keys.js';
import { type VerifyPorts, verifyBatch } from './verification/verify.js';

const ACKNOWLEDGED = Buffer.from([1]);

export interface ReplicaPorts {
  readonly bus: Pick<Bus, 'answer' | 'request'>;
  readonly holders: KeeperPorts['holders'] &
    SettlePorts['holders'] &
    AnnouncePorts['holders'] &
    Pick<HoldersStore, 'pruneChanges' | 'pruneAnnouncements'>;
  readonly findFacts: VerifyPorts['findFacts'];
  readonly cacheEntriesMax: number;
  /** Asked once, when this replica is among the lease holders and has answered nothing yet. Throws where it must not. */
  readonly mayAnswer?: () => Promise<unknown>;
  readonly monotonicMs: () => number;
  readonly pause: SettlePorts['pause'];
  readonly log: KeeperPorts['log'];
}

/**
 * One replica's verification: what it remembers, the lease under which it may, and its part in every change. Nothing is
 * answered before `start`, and nothing from memory after `stop`.
 */
export class Replica implements Settling {
  readonly holderId = randomBytes(16).toString('hex');
  readonly known: KnownKeys;
  readonly lease: Lease;
  private readonly keeper: LeaseKeeper;
  private changes: Answering | undefined;
  private verification: Answering[] = [];

  constructor(private readonly ports: ReplicaPorts) {
    this.known = new KnownKeys(ports.cacheEntriesMax, new AnnouncedChanges(ports.monotonicMs));
    this.lease = new Lease(ports.monotonicMs);
    this.keeper = new LeaseKeeper({
      ...ports,
      holderId: this.holderId,
      lease: this.lease,
      remembered: this.known,
      afterRenewal: holderSweeper(ports),
    });
  }

  /** @param counted is told about each batch. @param lease what verification asks; its own lease but for tests. */
  async start(counted: VerifyPorts['counted'] = () => {}, lease: LeaseView = this.lease): Promise<void> {
    const { bus, findFacts, log } = this.ports;
    const failed = (error: unknown) => log.warn({ err: error }, 'keys cannot be looked up');
    const { known, keeper } = this;
    const asOfSeq = () => keeper.appliedSeq;
    const ports: VerifyPorts = { replicaId: this.holderId, known, asOfSeq, lease, findFacts, counted, failed };
    const forget = async (payload: Uint8Array) => {
      this.known.hear(readChange(payload));
      return ACKNOWLEDGED;
    };
    // Listening before the first lease: from its first moment on, a holder can be told.
    this.changes = await bus.answer(invalidateSubject(this.holderId), this.holderId, forget);
    await this.keeper.start();
    await this.ports.mayAnswer?.();
    const verify = (payload: Uint8Array) => verifyBatch(payload, ports);
    // Its own subject first: whoever has an answer of this replica can ask it by name.
    this.verification.push(await bus.answer(verifyReplicaSubject(this.holderId), this.holderId, verify));
    this.verification.push(await bus.answer(VERIFY_SUBJECT, 'keys', verify));
  }

  announceBriefly(ids: readonly string[]): Promise<Announcement> {
    return announceChange({ changeId: randomBytes(8).toString('hex'), ids }, this.changePorts());
  }

  enter({ changeId, ids }: Announcement): Promise<Announcement> {
    return enterAnnouncement({ changeId, ids }, this.changePorts());
  }

  settle(change: Announcement, committedAtMs: number): Promise<Settlement> {
    return settleChange(change, committedAtMs, this.changePorts());
  }

  private changePorts(): SettlePorts & AnnouncePorts {
    const { bus, holders, monotonicMs, pause } = this.ports;
    return {
      ownHolderId: this.holderId,
      hear: (message) => this.known.hear(message),
      holders,
      request: (subject, payload, deadlineMs) => bus.request(subject, payload, deadlineMs),
      monotonicMs,
      pause,
    };
  }

  /** Answers what it has taken, then gives the lease back; the last subject to close is the one for changes. */
  async stop(): Promise<void> {
    await Promise.all(this.verification.splice(0).map((answering) => answering.stop()));
    await this.keeper.stop();
    await this.changes?.stop();
    this.changes = undefined;
  }
}
