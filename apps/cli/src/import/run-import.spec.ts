import { describe, expect, it } from '@jest/globals';
import { CliError } from '../cli-error.js';
import type { Batch } from './batch-rows.js';
import { NOTHING_YET, type Progress } from './progress.js';
import { runImport } from './run-import.js';
import type { SentBatch } from './send-batch.js';

const batch = (line: number): Batch => ({ rows: [], firstLine: line, lastLine: line, endByte: line * 10 });
const imported = (line: number): SentBatch => ({ kind: 'settled', outcomes: [{ line, status: 'imported' }] });
const failed: SentBatch = { kind: 'failed', error: new CliError('lost', 'lost', 3) };

/** Runs an import of so many batches of one row; the test answers them when it wants to. */
function start(count: number, parallel: number, isInterrupted = () => false) {
  const answers = new Map<number, (sent: SentBatch) => void>();
  const sentLines: number[] = [];
  const settled: Progress[] = [];
  async function* batches() {
    for (let line = 1; line <= count; line++) yield batch(line);
  }
  const end = runImport(batches(), NOTHING_YET, parallel, {
    send: ({ firstLine }) => {
      sentLines.push(firstLine);
      return new Promise((resolve) => answers.set(firstLine, resolve));
    },
    settle: async (_refused, progress) => void settled.push(progress),
    isInterrupted,
  });
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const answer = async (line: number, sent = imported(line)) => {
    answers.get(line)?.(sent);
    await turn();
  };
  return { end, answer, turn, sentLines, settledLines: () => settled.map(({ line }) => line) };
}

describe('runImport', () => {
  it('never has more batches under way than it may, and settles them in their order', async () => {
    const run = start(4, 2);
    await run.turn();
    expect(run.sentLines).toEqual([1, 2]);
    await run.answer(2);
    expect(run.settledLines()).toEqual([]);
    expect(run.sentLines).toEqual([1, 2]);
    await run.answer(1);
    await run.answer(3);
    expect(run.settledLines()).toEqual([1, 2, 3]);
    await run.answer(4);
    expect(await run.end).toEqual({
      kind: 'done',
      progress: { counts: { imported: 4, exists: 0, refused: 0 }, line: 4, endByte: 40 },
    });
  });

  it('sends nothing after a batch that failed, and settles nothing behind it', async () => {
    const run = start(9, 3);
    await run.turn();
    await run.answer(3);
    await run.answer(1);
    await run.answer(2, failed);
    await run.answer(4);
    expect(await run.end).toMatchObject({ kind: 'failed', progress: { line: 1 }, error: { code: 'lost' } });
    expect(run.sentLines).toEqual([1, 2, 3, 4]);
    expect(run.settledLines()).toEqual([1]);
  });

  it('settles what is under way when it is interrupted, and sends no more', async () => {
    let interrupted = false;
    const run = start(9, 2, () => interrupted);
    await run.turn();
    interrupted = true;
    await run.answer(1);
    await run.answer(2);
    expect(await run.end).toMatchObject({ kind: 'interrupted', progress: { line: 2 } });
    expect(run.sentLines).toEqual([1, 2]);
  });
});
