/** A secret that somebody has presented, and that is stored under an older pepper. */
export interface OldSecret {
  readonly digest: Buffer;
  /** The form in which it is stored. */
  readonly hmac: Buffer;
}

export interface ResealPorts {
  /** Stores it under the current pepper. Throws where the database fails. */
  readonly reseal: (secret: OldSecret) => Promise<void>;
  readonly pause: (delayMs: number) => Promise<unknown>;
  readonly log: { warn(fields: object, message: string): void };
}

/** What is found beyond that is left for its next lookup; about 300 bytes each. */
const WAITING_MAX = 100_000;

/** Statements at one time: enough for thousands in a second, and most connections are left to management. */
const WORKERS = 2;

const RETRY_MS = 1_000;

/**
 * Seals secrets anew in the background, each once at a time. Nobody waits for it, and a secret that it does not come to
 * works as before: only who has been asked for it can know its digest, so that this is done as secrets are used.
 */
export class Resealer {
  private readonly waiting = new Map<string, OldSecret>();
  private readonly underWay = new Set<string>();
  private readonly workers = new Set<Promise<void>>();
  private stopped = false;

  constructor(private readonly ports: ResealPorts) {}

  offer(secret: OldSecret): void {
    const name = secret.hmac.toString('latin1');
    if (this.stopped || this.waiting.has(name) || this.underWay.has(name)) return;
    if (this.waiting.size >= WAITING_MAX) return;
    this.waiting.set(name, secret);
    if (this.workers.size >= WORKERS) return;
    const worker = this.work().finally(() => this.workers.delete(worker));
    this.workers.add(worker);
  }

  /** Ends what is under way; what waits is left for its next lookup. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.waiting.clear();
    await Promise.all(this.workers);
  }

  private async work(): Promise<void> {
    // The answer that found the secret goes out first.
    await Promise.resolve();
    for (let next = this.takeNext(); next !== undefined; next = this.takeNext()) {
      const [name, secret] = next;
      try {
        await this.ports.reseal(secret);
      } catch (error) {
        this.ports.log.warn({ err: error }, 'a secret stays under its old pepper for now');
        if (!this.stopped) this.waiting.set(name, secret);
        await this.ports.pause(RETRY_MS);
      } finally {
        this.underWay.delete(name);
      }
    }
  }

  private takeNext(): [string, OldSecret] | undefined {
    const [next] = this.waiting;
    if (next === undefined) return undefined;
    this.waiting.delete(next[0]);
    this.underWay.add(next[0]);
    return next;
  }
}
