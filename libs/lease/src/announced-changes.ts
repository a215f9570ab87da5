/** An announcement that nothing came of is forgotten after this; longer than a change takes, and than a lease lasts. */
const ANNOUNCED_FOR_MS = 10_000;

/**
 * The changes that are about to be made. What they name is not remembered meanwhile, by nobody, so that every holder
 * sees the change at the same moment: that of its commit.
 */
export class AnnouncedChanges {
  /** Id of a key or organization -> change -> when it is forgotten. */
  private readonly changesOf = new Map<string, Map<string, number>>();

  /** @param monotonicMs a clock that never jumps, in milliseconds. */
  constructor(private readonly monotonicMs: () => number) {}

  /** Whether there may be any. */
  get any(): boolean {
    this.forgetOld();
    return this.changesOf.size > 0;
  }

  add(changeId: string, ids: readonly string[]): void {
    const untilMs = this.monotonicMs() + ANNOUNCED_FOR_MS;
    for (const id of ids) {
      const changes = this.changesOf.get(id) ?? new Map<string, number>();
      this.changesOf.set(id, changes.set(changeId, untilMs));
    }
  }

  /** A change was made, or will not be. */
  end(changeId: string, ids: readonly string[]): void {
    for (const id of ids) {
      const changes = this.changesOf.get(id);
      changes?.delete(changeId);
      if (changes?.size === 0) this.changesOf.delete(id);
    }
  }

  concern(id: string): boolean {
    if (!this.changesOf.has(id)) return false;
    this.forgetOld();
    return this.changesOf.has(id);
  }

  private forgetOld(): void {
    if (this.changesOf.size === 0) return;
    const nowMs = this.monotonicMs();
    for (const [id, changes] of this.changesOf) {
      for (const [changeId, untilMs] of changes) if (nowMs >= untilMs) this.end(changeId, [id]);
    }
  }
}
