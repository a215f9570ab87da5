import { anApi } from '@gatehouse/catalog/an-api.conformance';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aKeyRecord } from '../a-key-record.conformance.js';
import { revokeKey } from '../lifecycle/change-state.js';
import type { KeyDecision } from '../lifecycle/key-decision.js';
import type { KeyRecord } from '../lifecycle/key-record.js';
import { cancelRotation, finishRotation } from './end-rotation.js';
import { rotateKey } from './rotate-key.js';

const API = anApi();
const context = (nowMs: number, graceSeconds: number) => ({
  nowMs,
  graceSeconds,
  projectSlug: 'default',
  mint: (prefix: string) => `${prefix}secretWxYz`,
  seal: () => ({ hmac: Buffer.alloc(32), pepperVersion: 1 }),
});
const rotate = (key: KeyRecord, graceSeconds: number, nowMs = 1_000, api = API) =>
  rotateKey(key, api, context(nowMs, graceSeconds));

describe('rotateKey', () => {
  it('keeps the key and everything about it but its secret', () => {
    const key = aKeyRecord({ metadata: { team: 'a' }, expiresAtMs: 10_000_000 });
    const rotated = rotate(key, 60);
    if (rotated.kind !== 'rotate' || rotated.decision.kind !== 'change') throw new Error('not rotated');
    const { secrets: _, ...before } = key;
    expect(rotated.decision.key).toMatchObject({ ...before, revision: 2 });
    expect(rotated.decision.key.secrets).toEqual({
      current: { generation: 2, display: 'ex_live_...WxYz', createdAtMs: 1_000 },
      old: { ...key.secrets.current, endsAtMs: 61_000 },
      lastGeneration: 2,
    });
  });

  it('never extends the original expiry', () => {
    const rotated = rotate(aKeyRecord({ expiresAtMs: 5_000 }), 604_800);
    expect(rotated).toMatchObject({ decision: { key: { expiresAtMs: 5_000, secrets: { old: { endsAtMs: 5_000 } } } } });
  });

  it('says why it cannot be', () => {
    const cases: [Partial<KeyRecord>, number, string][] = [
      [{ state: 'revoked' }, 60, 'key_revoked'],
      [{ state: 'disabled' }, 60, 'key_disabled'],
      [{ state: 'quarantined' }, 60, 'key_disabled'],
      [{ expiresAtMs: 1_000 }, 60, 'key_expired'],
      [{}, 604_801, 'invalid_grace'],
      [{ environment: 'staging' }, 60, 'rotation_not_offered'],
    ];
    for (const [changes, graceSeconds, code] of cases) {
      expect(rotate(aKeyRecord(changes), graceSeconds)).toMatchObject({ kind: 'refused', code });
    }
    const never = anApi({}, { rotation: { inPlace: false } });
    expect(rotate(aKeyRecord(), 60, 1_000, never)).toMatchObject({ code: 'rotation_not_offered' });
    expect(rotateKey(aKeyRecord(), undefined, context(1_000, 60))).toMatchObject({ code: 'rotation_not_offered' });
  });
});

/** What a key's owner and time can do to it. */
type Step =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'rotate'; readonly graceSeconds: number }
  | { readonly kind: 'finish' | 'cancel' | 'revoke' };

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 90_000 }) }),
    fc.record({ kind: fc.constant('rotate' as const), graceSeconds: fc.integer({ min: 0, max: 120 }) }),
    fc.record({ kind: fc.constantFrom('finish' as const, 'cancel' as const) }),
    fc.record({ kind: fc.constantFrom('wait' as const, 'wait' as const), ms: fc.constant(1) }),
  ),
  { maxLength: 25 },
);

describe('a key over any time', () => {
  it('is open to its current secret until it ends, to an old one strictly until its grace ends, and to no other', () => {
    fc.assert(
      fc.property(steps, fc.option(fc.integer({ min: 1, max: 600_000 })), fc.boolean(), (script, expiresAtMs, ends) => {
        const life = new Life(aKeyRecord({ expiresAtMs }));
        for (const step of ends ? [...script, { kind: 'revoke' as const }, ...script] : script) {
          life.take(step);
          life.check();
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Plays steps on a key with its stored secrets, and says beside it what must be true in the words of the promise. */
class Life {
  private nowMs = 0;
  /** Generation -> its end, as the database has it. */
  private readonly stored = new Map<number, number | null>([[1, null]]);
  /** What was promised: generation -> until when it is good, beside the key's own end. */
  private readonly promised = new Map<number, number>([[1, Number.POSITIVE_INFINITY]]);
  private readonly expiresAtMs: number | null;

  constructor(private key: KeyRecord) {
    this.expiresAtMs = key.expiresAtMs;
  }

  take(step: Step): void {
    const { current, old } = this.key.secrets;
    switch (step.kind) {
      case 'wait':
        this.nowMs += step.ms;
        return;
      case 'rotate': {
        const outcome = rotate(this.key, step.graceSeconds, this.nowMs);
        const underWay = old !== null && old.endsAtMs > this.nowMs;
        expect(outcome.kind).toBe(this.isLive() && !underWay ? 'rotate' : 'refused');
        if (outcome.kind === 'refused') return;
        this.promised.set(current.generation, this.nowMs + step.graceSeconds * 1_000);
        this.apply(outcome.decision);
        this.promised.set(this.key.secrets.current.generation, Number.POSITIVE_INFINITY);
        return;
      }
      case 'finish': {
        const decision = finishRotation(this.key, this.nowMs);
        if (decision.kind === 'change' && old !== null) this.promised.set(old.generation, this.nowMs);
        this.apply(decision);
        return;
      }
      case 'cancel': {
        const decision = cancelRotation(this.key, this.nowMs);
        if (decision.kind === 'change' && old !== null) {
          this.promised.set(old.generation, Number.POSITIVE_INFINITY);
          this.promised.set(current.generation, this.nowMs);
        }
        this.apply(decision);
        return;
      }
      case 'revoke':
        this.apply(revokeKey(this.key, undefined, this.nowMs));
    }
  }

  check(): void {
    expect(this.key.expiresAtMs).toBe(this.expiresAtMs);
    const good = [...this.stored].filter(
      ([, endsAtMs]) => this.isLive() && (endsAtMs === null || this.nowMs < endsAtMs),
    );
    const promised = [...this.promised].filter(([, untilMs]) => this.isLive() && this.nowMs < untilMs);
    expect(good.map(([generation]) => generation).sort()).toEqual(promised.map(([generation]) => generation).sort());
    expect(good.length).toBeLessThanOrEqual(2);
    expect([...this.stored.values()].filter((endsAtMs) => endsAtMs === null)).toHaveLength(1);
    expect(this.stored.get(this.key.secrets.current.generation)).toBeNull();
  }

  private isLive(): boolean {
    return this.key.state === 'active' && (this.expiresAtMs === null || this.nowMs < this.expiresAtMs);
  }

  private apply(decision: KeyDecision<string>): void {
    if (decision.kind !== 'change') return;
    expect(decision.key.revision).toBe(this.key.revision + 1);
    this.key = decision.key;
    if (decision.secrets === undefined) return;
    const { ends, current } = decision.secrets;
    this.stored.set(ends.generation, ends.endsAtMs);
    this.stored.set(current.generation, null);
  }
}
