import type { Checkpoint } from './checkpoint.js';
import type { CheckpointStore } from './checkpoint.store.js';
import type { FailuresStore } from './failures.store.js';
import type { Progress } from './progress.js';
import type { RowOutcome } from './send-batch.js';
import { LISTED_MAX } from './summary.js';

/** A run that is killed repeats what it did in this time, which is harmless. */
const SAVE_EVERY_MS = 500;

export interface SettlingStores {
  readonly checkpoints: CheckpointStore | undefined;
  readonly failures: FailuresStore | undefined;
  readonly nowMs: () => number;
}

/** Writes down what is settled: first the failures, then, now and then, the checkpoint that counts them. */
export class Settling {
  /** The first refused rows of this run. */
  readonly listed: RowOutcome[] = [];
  private savedMs: number;

  constructor(
    private readonly identity: Omit<Checkpoint, keyof Progress | 'failuresBytes'> | undefined,
    private readonly stores: SettlingStores,
  ) {
    this.savedMs = stores.nowMs();
  }

  async settle(refused: readonly RowOutcome[], progress: Progress): Promise<void> {
    this.listed.push(...refused.slice(0, LISTED_MAX - this.listed.length));
    await this.stores.failures?.append(refused);
    const nowMs = this.stores.nowMs();
    if (nowMs - this.savedMs < SAVE_EVERY_MS) return;
    this.savedMs = nowMs;
    await this.save(progress);
  }

  /** @param complete nothing is left to go on behind. */
  async end(progress: Progress, complete: boolean): Promise<void> {
    if (complete) await this.stores.checkpoints?.remove();
    else await this.save(progress);
    await this.stores.failures?.close();
  }

  private async save(progress: Progress): Promise<void> {
    if (this.identity === undefined || progress.line === 0) return;
    const failuresBytes = this.stores.failures?.bytes ?? 0;
    await this.stores.checkpoints?.save({ ...this.identity, ...progress, failuresBytes });
  }
}
