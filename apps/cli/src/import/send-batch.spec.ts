import { describe, expect, it } from '@jest/globals';
import type { HttpAnswer } from '../http/answer.js';
import type { Batch } from './batch-rows.js';
import { sendBatch } from './send-batch.js';

const BATCH: Batch = {
  firstLine: 1,
  lastLine: 3,
  endByte: 30,
  rows: [
    { kind: 'row', line: 1, endByte: 10, json: '{"key":"a","line":1}' },
    { kind: 'bad', line: 2, endByte: 20, problem: { code: 'not_json', message: 'not JSON' } },
    { kind: 'row', line: 3, endByte: 30, json: '{"key":"c","line":3}' },
  ],
};
const DONE = {
  status: 200,
  retryAfterSeconds: null,
  json: {
    data: [
      { line: 1, status: 'imported', id: 'key_1' },
      { line: 3, status: 'refused', code: 'unknown_scope', field: 'scopes', message: 'no' },
    ],
  },
};
const answer = (status: number, retryAfterSeconds: number | null = null): HttpAnswer => ({
  status,
  retryAfterSeconds,
  json: { code: `code_${status}`, title: 'A title.' },
});

/** Sends the batch to a platform that answers so, then with the last answer for ever. */
async function send(answers: readonly (HttpAnswer | Error)[], changes: { settled?: boolean; interrupt?: number } = {}) {
  const bodies: string[] = [];
  const pausesMs: number[] = [];
  const sent = await sendBatch(BATCH, '{"import_id":"i",', {
    post: async (body) => {
      bodies.push(body);
      const next = answers[Math.min(bodies.length, answers.length) - 1];
      if (next === undefined || next instanceof Error) throw next;
      return next;
    },
    pause: async (delayMs) => void pausesMs.push(delayMs),
    notice: () => undefined,
    isInterrupted: () => bodies.length === changes.interrupt,
    hasSettled: () => changes.settled ?? true,
    chance: () => 0,
  });
  return { sent, bodies, pausesMs };
}

describe('sendBatch', () => {
  it('sends the good rows and says what became of all, in the order of the lines', async () => {
    const { sent, bodies } = await send([DONE]);
    expect(JSON.parse(bodies[0] ?? '')).toEqual({
      import_id: 'i',
      rows: [
        { key: 'a', line: 1 },
        { key: 'c', line: 3 },
      ],
    });
    expect(sent).toEqual({
      kind: 'settled',
      outcomes: [
        { line: 1, status: 'imported' },
        { line: 2, status: 'refused', code: 'not_json', message: 'not JSON' },
        { line: 3, status: 'refused', code: 'unknown_scope', field: 'scopes', message: 'no' },
      ],
    });
  });

  it('sends the same again where nothing came, or an answer that passes, after as long as it asks for', async () => {
    const lost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const { sent, bodies, pausesMs } = await send([lost, answer(503, 1), answer(429, 7), answer(502), DONE]);
    expect(sent.kind).toBe('settled');
    expect(new Set(bodies).size).toBe(1);
    expect(pausesMs).toEqual([250, 1_000, 7_000, 2_000]);
  });

  it('gives up after ten attempts; after three where the platform was never there', async () => {
    const settled = await send([answer(503)]);
    expect(settled.bodies).toHaveLength(10);
    expect(settled.sent).toMatchObject({ kind: 'failed', error: { code: 'code_503', exitCode: 3 } });
    const first = await send([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })], { settled: false });
    expect(first.bodies).toHaveLength(3);
    expect(first.sent).toMatchObject({ kind: 'failed', error: { code: 'unreachable', exitCode: 3 } });
  });

  it.each([
    [401, 3],
    [403, 3],
    [404, 3],
    [301, 3],
    [413, 2],
    [422, 2],
  ])('does not repeat what is refused with %d, and exits with %d', async (status, exitCode) => {
    const { sent, bodies } = await send([answer(status)]);
    expect(bodies).toHaveLength(1);
    expect(sent).toMatchObject({ kind: 'failed', error: { exitCode } });
  });

  it.each([
    ['is no JSON', undefined],
    ['lacks a row', { data: [{ line: 1, status: 'imported' }] }],
    [
      'says something unheard of',
      {
        data: [
          { line: 1, status: 'lost' },
          { line: 3, status: 'imported' },
        ],
      },
    ],
  ])('counts nothing from an answer that %s', async (_title, json) => {
    const { sent } = await send([{ status: 200, retryAfterSeconds: null, json }]);
    expect(sent).toMatchObject({ kind: 'failed', error: { code: 'unreadable_answer' } });
  });

  it('stops repeating when it is interrupted', async () => {
    expect((await send([answer(503)], { interrupt: 2 })).bodies).toHaveLength(2);
  });
});
