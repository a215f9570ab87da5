import { describe, expect, it } from '@jest/globals';
import { mayBecome, newRecovery, type RecoveryState, stateOf } from './recovery.js';

const HOUR = 3_600_000;
const NOW = 1_700_000_000_000;
const ORIGIN = { address: '192.0.2.7', userAgent: 'a browser', requestId: 'req-1' };
const asked = newRecovery('rec_1', 'acc_1', ORIGIN, NOW);

describe('a recovery', () => {
  it('is pending until somebody has looked at it, however long that takes, and lapses after two weeks', () => {
    for (const hours of [0, 23, 24, 14 * 24 - 1]) expect(stateOf(asked, NOW + hours * HOUR)).toBe('pending');
    expect(stateOf(asked, NOW + 14 * 24 * HOUR)).toBe('lapsed');
  });

  it('that is approved waits for 24 hours from its confirmation on [M-13]', () => {
    const approved = { ...asked, approvedAtMs: NOW + HOUR };
    expect(stateOf(approved, NOW + HOUR)).toBe('waiting');
    expect(stateOf(approved, NOW + 24 * HOUR - 1)).toBe('waiting');
    expect(stateOf(approved, NOW + 24 * HOUR)).toBe('ready');
    expect(stateOf(approved, NOW + 14 * 24 * HOUR)).toBe('lapsed');
  });

  it('that is over stays over, whatever else was noted', () => {
    const approved = { ...asked, approvedAtMs: NOW };
    const later = NOW + 30 * HOUR;
    expect(stateOf({ ...approved, refusedAtMs: NOW }, later)).toBe('refused');
    expect(stateOf({ ...approved, cancelledAtMs: NOW }, later)).toBe('cancelled');
    expect(stateOf({ ...approved, completedAtMs: NOW }, later)).toBe('completed');
  });

  it('is completed from one state only, and approved from one', () => {
    const states: RecoveryState[] = ['pending', 'waiting', 'ready', 'refused', 'cancelled', 'completed', 'lapsed'];
    expect(states.filter((state) => mayBecome(state, 'complete'))).toEqual(['ready']);
    expect(states.filter((state) => mayBecome(state, 'approve'))).toEqual(['pending']);
    expect(states.filter((state) => mayBecome(state, 'cancel'))).toEqual(['pending', 'waiting', 'ready']);
    expect(states.filter((state) => mayBecome(state, 'refuse'))).toEqual(['pending', 'waiting', 'ready']);
  });
});
