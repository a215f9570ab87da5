import { describe, expect, it } from '@jest/globals';
import { aFault, aHistory, anOperation, aRefusal, itsArrival } from './a-history.conformance.js';
import { boundedAndWhole } from './bounded-and-whole.js';
import { failsClosed } from './fails-closed.js';
import type { Finding } from './history.js';
import { BrokenHistory, HistoryReader } from './history-record.js';
import { INVARIANTS } from './invariants.js';

const found = ({ violations }: Finding) => violations.length;

describe('authentication fails closed [INV-12]', () => {
  const bad = { arguments: { neverValid: true } };

  it('holds where what was never valid is refused, and 503 says when to try again', () => {
    const busy = aRefusal(0, 1, 503, { result: { retryAfterSeconds: 1 } });
    expect(failsClosed(aHistory([aRefusal(0, 1, 401, bad), busy, anOperation('use', 0, 1)]))).toEqual({
      checked: 2,
      violations: [],
    });
  });

  it('names what was let through with a credential of nobody, also where only the upstream saw it', () => {
    expect(found(failsClosed(aHistory([anOperation('use', 0, 1, bad)])))).toBe(1);
    const lost = anOperation('use', 0, 9, { ...bad, outcome: 'unknown', status: null });
    expect(found(failsClosed(aHistory([lost], { arrivals: [itsArrival(lost, 5)] })))).toBe(1);
  });

  it('names 503 without Retry-After', () => {
    expect(found(failsClosed(aHistory([aRefusal(0, 1, 503)])))).toBe(1);
  });
});

describe('answers are bounded and whole [INV-13]', () => {
  const within = { arguments: { deadlineMs: 1_000 } };

  it('holds where an answer is in time, or late by less than a second, and is that of its request', () => {
    const answered = anOperation('use', 0, 1_900, { ...within, result: { requestId: 'r1', whole: true } });
    expect(boundedAndWhole(aHistory([answered], { arrivals: [itsArrival(answered, 5, 'r1')] }))).toEqual({
      checked: 1,
      violations: [],
    });
  });

  it('names what took too long, but not where the part that was asked stood still meanwhile', () => {
    const slow = anOperation('use', 0, 2_100, { ...within, outcome: 'unknown', status: null });
    expect(found(boundedAndWhole(aHistory([slow])))).toBe(1);
    expect(found(boundedAndWhole(aHistory([slow], { faults: [aFault(100, 2_000)] })))).toBe(0);
    expect(found(boundedAndWhole(aHistory([slow], { faults: [aFault(100, 2_000, { target: 'gateway-2' })] })))).toBe(1);
  });

  it('names an answer with the id of another request, and a body that was cut or changed', () => {
    const answered = anOperation('use', 0, 10, { ...within, result: { requestId: 'r2' } });
    expect(found(boundedAndWhole(aHistory([answered], { arrivals: [itsArrival(answered, 5, 'r1')] })))).toBe(1);
    expect(found(boundedAndWhole(aHistory([anOperation('use', 0, 10, { ...within, result: { whole: false } })])))).toBe(
      1,
    );
  });
});

describe('a history in a file', () => {
  const lines = [
    { record: 'arrival', operation: 7, atNs: 5, requestId: 'r' },
    { record: 'start', seed: 'seven', unixMsAtZero: 1 },
    { record: 'subject', name: 'key', limits: [] },
    { record: 'fault', ...aFault(1, 2) },
    { record: 'operation', ...anOperation('use', 1, 2) },
  ].map((record) => JSON.stringify(record));

  const read = (given: readonly string[]) => {
    const reader = new HistoryReader();
    for (const line of given) reader.add(line);
    return reader.history();
  };

  it('is read whatever the order of its lines', () => {
    const history = read(lines);
    expect(history).toMatchObject({ unixMsAtZero: 1, arrivals: [{ operation: 7 }], faults: [{ kind: 'kill' }] });
    expect([history.operations.length, [...history.subjects.keys()]]).toEqual([1, ['key']]);
  });

  it.each([['{"record":"op'], ['[]'], ['null'], ['{"record":"else"}']])('names the line that is broken: %s', (line) => {
    expect(() => read([...lines, line])).toThrow(new BrokenHistory('line 6 is no record of a history'));
  });

  it('is refused where its beginning is missing, since nothing tells the time of day', () => {
    expect(() => read([])).toThrow(BrokenHistory);
  });
});

it('there is one checker for each invariant from INV-01 to INV-13', () => {
  const ids = Array.from({ length: 13 }, (_, index) => `INV-${String(index + 1).padStart(2, '0')}`);
  expect(INVARIANTS.map(({ id }) => id)).toEqual(ids);
  for (const { check } of INVARIANTS) expect(check(aHistory([]))).toEqual({ checked: 0, violations: [] });
});
