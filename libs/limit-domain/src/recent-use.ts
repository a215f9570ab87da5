/** How far back is looked. */
const RECENT_MS = 200;

/** How much one caller has used within a short time: of the last whole stretch of it, or of this one where that is more. */
export class RecentUse {
  private sinceMs = Number.NEGATIVE_INFINITY;
  private now = { requests: 0, units: 0 };
  private before = { requests: 0, units: 0 };

  get requests(): number {
    return Math.max(this.now.requests, this.before.requests);
  }

  get units(): number {
    return Math.max(this.now.units, this.before.units);
  }

  note(units: number, nowMs: number): void {
    if (nowMs - this.sinceMs >= RECENT_MS) this.turnOver(nowMs);
    this.now.requests++;
    this.now.units += units;
  }

  private turnOver(nowMs: number): void {
    const isLongAgo = nowMs - this.sinceMs >= 2 * RECENT_MS;
    [this.before, this.now] = [this.now, this.before];
    if (isLongAgo) this.before.requests = this.before.units = 0;
    this.now.requests = this.now.units = 0;
    this.sinceMs = nowMs;
  }
}
