/**
 * The numbers of the lease protocol (apps/keys/src/lease/README.md). A holder counts 10 % less than the length, from
 * before its renewal was sent; a revoker waits 5 % more, from after its commit: clocks may run apart by that much and
 * no more.
 */
export const LEASE_MS = 2_000;
export const HOLDER_LEASE_MS = LEASE_MS * 0.9;
export const REVOKER_WAIT_MS = LEASE_MS * 1.05;
export const RENEW_EVERY_MS = 500;

/** Whether what a process remembers may be used, by its own monotonic clock. */
export interface LeaseView {
  isValid(): boolean;
}

/** One process's lease: ends by itself, and lasts only as long as renewals go on arriving. */
export class Lease implements LeaseView {
  private validUntilMs = Number.NEGATIVE_INFINITY;

  /** @param monotonicMs a clock that never jumps, in milliseconds. */
  constructor(private readonly monotonicMs: () => number) {}

  isValid(): boolean {
    return this.monotonicMs() < this.validUntilMs;
  }

  /** @param sentAtMs the monotonic time just before the renewal was sent, not when its answer came. */
  extend(sentAtMs: number): void {
    this.validUntilMs = sentAtMs + HOLDER_LEASE_MS;
  }

  end(): void {
    this.validUntilMs = Number.NEGATIVE_INFINITY;
  }
}
