/** Counts what is under way, so that a stop can wait for it. */
export class InFlight {
  private count = 0;
  private readonly waiters = new Set<() => void>();

  begin(): void {
    this.count++;
  }

  end(): void {
    this.count--;
    if (this.count > 0) return;
    for (const wake of this.waiters) wake();
    this.waiters.clear();
  }

  /** Resolves when nothing is under way, or after `deadlineMs`, whichever comes first. */
  whenIdle(deadlineMs: number): Promise<void> {
    if (this.count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiters.delete(wake);
        resolve();
      }, deadlineMs);
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiters.add(wake);
    });
  }
}
