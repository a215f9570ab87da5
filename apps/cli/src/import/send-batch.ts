import { z } from 'zod';
import { CliError } from '../cli-error.js';
import { EXIT } from '../exit-code.js';
import type { HttpAnswer } from '../http/answer.js';
import { problemError } from '../http/problem-error.js';
import type { Batch } from './batch-rows.js';
import { retryDelayMs } from './retry-delay.js';

/** Attempts of one batch, with the pauses between them about two minutes; then the run ends, and can be resumed. */
const ATTEMPTS_MAX = 10;
/** Before the platform has answered at all: more likely its address is wrong than that it is busy. */
const FIRST_ATTEMPTS_MAX = 3;

/** What became of one row. */
export interface RowOutcome {
  readonly line: number;
  readonly status: 'imported' | 'exists' | 'refused';
  readonly code?: string | undefined;
  readonly field?: string | undefined;
  readonly message?: string | undefined;
}

export type SentBatch =
  | { readonly kind: 'settled'; readonly outcomes: readonly RowOutcome[] }
  /** Nothing is known of its rows; sending it again is safe. */
  | { readonly kind: 'failed'; readonly error: CliError };

export interface SendPorts {
  /** @throws where there is no answer */
  readonly post: (body: string) => Promise<HttpAnswer>;
  readonly pause: (delayMs: number) => Promise<void>;
  readonly notice: (text: string) => void;
  readonly isInterrupted: () => boolean;
  /** Whether a batch of this run was settled before. */
  readonly hasSettled: () => boolean;
  /** 0 to 1. */
  readonly chance: () => number;
}

const answerSchema = z.object({
  data: z.array(
    z.object({
      line: z.number(),
      status: z.enum(['imported', 'exists', 'refused']),
      code: z.string().optional(),
      field: z.string().optional(),
      message: z.string().optional(),
    }),
  ),
});

/**
 * Sends the rows of one batch and says what became of each, in their order. While the platform is not there, or asks for
 * patience, it is tried again: a row that is there already is left as it is, so nothing is done twice.
 * @param head the beginning of the body, up to the rows
 */
export async function sendBatch(batch: Batch, head: string, ports: SendPorts): Promise<SentBatch> {
  const sent = batch.rows.flatMap((row) => (row.kind === 'row' ? [row.json] : []));
  if (sent.length === 0) return { kind: 'settled', outcomes: withBadRows(batch, []) };
  const body = `${head}"rows":[${sent.join(',')}]}`;
  for (let attempt = 1; ; attempt++) {
    const answer = await ports.post(body).catch((error: Error) => error);
    if (!(answer instanceof Error) && answer.status === 200) {
      const read = answerSchema.safeParse(answer.json);
      if (read.success && read.data.data.length === sent.length) {
        return { kind: 'settled', outcomes: withBadRows(batch, read.data.data) };
      }
      const message = 'the answer of the platform cannot be read; is it of another version?';
      return { kind: 'failed', error: new CliError('unreadable_answer', message, EXIT.unreachable) };
    }
    const delayMs = retryDelayMs(answer, attempt, ports.chance());
    const attemptsMax = ports.hasSettled() ? ATTEMPTS_MAX : FIRST_ATTEMPTS_MAX;
    if (delayMs === undefined || attempt >= attemptsMax || ports.isInterrupted()) {
      return { kind: 'failed', error: problemError(answer) };
    }
    ports.notice(
      `lines ${batch.firstLine} to ${batch.lastLine}: ${problemError(answer).message}; again in ${delayMs} ms`,
    );
    await ports.pause(delayMs);
  }
}

/** The outcomes of what was sent, and of the rows that never were, in the order of the lines. */
function withBadRows(batch: Batch, answered: readonly RowOutcome[]): RowOutcome[] {
  let next = 0;
  return batch.rows.map((row) => {
    if (row.kind === 'bad') return { line: row.line, status: 'refused', ...row.problem };
    const outcome = answered[next++];
    if (outcome === undefined) throw new Error('every row that was sent has an answer');
    return { ...outcome, line: row.line };
  });
}
