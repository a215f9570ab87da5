import { BusUnavailable } from './bus.js';
import { InFlight } from './in-flight.server.js';

/** How late a deadline may be noticed: one timer sweeps all requests, instead of one timer for each. */
const SWEEP_MS = 10;

interface Pending {
  readonly subject: string;
  readonly deadlineMs: number;
  readonly expiresAtMs: number;
  readonly resolve: (payload: Uint8Array) => void;
  readonly reject: (fault: Error) => void;
}

/** Requests that wait for their answer, each under a token and with a deadline. A late answer finds no token and is dropped. */
export class PendingRequests {
  private readonly waiting = new Map<number, Pending>();
  private readonly inFlight = new InFlight();
  private lastToken = 0;
  private sweeping = false;

  /** Opens a request and sends it; a `send` that throws closes it again and rejects with what was thrown. */
  open(subject: string, deadlineMs: number, send: (token: number) => void): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const token = ++this.lastToken;
      this.waiting.set(token, { subject, deadlineMs, expiresAtMs: performance.now() + deadlineMs, resolve, reject });
      this.inFlight.begin();
      if (!this.sweeping) this.sweepLater();
      try {
        send(token);
      } catch (fault) {
        this.refuse(token, fault as Error);
      }
    });
  }

  answer(token: number, payload: Uint8Array): void {
    this.close(token)?.resolve(payload);
  }

  refuse(token: number, fault: Error): void {
    this.close(token)?.reject(fault);
  }

  refuseAll(fault: Error): void {
    for (const token of [...this.waiting.keys()]) this.refuse(token, fault);
  }

  subjectOf(token: number): string | undefined {
    return this.waiting.get(token)?.subject;
  }

  whenIdle(deadlineMs: number): Promise<void> {
    return this.inFlight.whenIdle(deadlineMs);
  }

  private close(token: number): Pending | undefined {
    const pending = this.waiting.get(token);
    if (pending === undefined) return undefined;
    this.waiting.delete(token);
    this.inFlight.end();
    return pending;
  }

  private sweepLater(): void {
    this.sweeping = true;
    setTimeout(() => this.sweep(), SWEEP_MS);
  }

  private sweep(): void {
    const nowMs = performance.now();
    for (const [token, { subject, deadlineMs, expiresAtMs }] of this.waiting) {
      if (expiresAtMs > nowMs) continue;
      this.refuse(token, new BusUnavailable(`nobody answered on ${subject} within ${deadlineMs} ms`));
    }
    if (this.waiting.size === 0) this.sweeping = false;
    else this.sweepLater();
  }
}
