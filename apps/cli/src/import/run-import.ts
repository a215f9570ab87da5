import type { CliError } from '../cli-error.js';
import type { Batch } from './batch-rows.js';
import type { Counts, Progress } from './progress.js';
import type { RowOutcome, SentBatch } from './send-batch.js';

export interface ImportPorts {
  readonly send: (batch: Batch) => Promise<SentBatch>;
  /** Called in the order of the lines, and never while an earlier call is under way. */
  readonly settle: (refused: readonly RowOutcome[], progress: Progress) => Promise<void>;
  readonly isInterrupted: () => boolean;
}

export type ImportEnd =
  | { readonly kind: 'done'; readonly progress: Progress }
  /** What is settled stays so; running it again goes on behind it. */
  | { readonly kind: 'interrupted'; readonly progress: Progress }
  | { readonly kind: 'failed'; readonly progress: Progress; readonly error: CliError };

/**
 * Sends batch after batch, `parallel` of them at once and no more, and settles them in their order: what was counted and
 * written down is always everything up to one line. After a batch that failed nothing more is sent.
 */
export async function runImport(
  batches: AsyncIterable<Batch>,
  before: Progress,
  parallel: number,
  ports: ImportPorts,
): Promise<ImportEnd> {
  let progress = before;
  let error: CliError | undefined;
  const underWay: { readonly batch: Batch; readonly sent: Promise<SentBatch> }[] = [];

  const settleFirst = async () => {
    const first = underWay.shift();
    if (first === undefined) return;
    const sent = await first.sent;
    if (error !== undefined) return;
    if (sent.kind === 'failed') {
      error = sent.error;
      return;
    }
    progress = after(progress, first.batch, sent.outcomes);
    await ports.settle(
      sent.outcomes.filter(({ status }) => status === 'refused'),
      progress,
    );
  };

  for await (const batch of batches) {
    if (underWay.length === parallel) await settleFirst();
    if (error !== undefined || ports.isInterrupted()) break;
    underWay.push({ batch, sent: ports.send(batch) });
  }
  while (underWay.length > 0) await settleFirst();
  if (error !== undefined) return { kind: ports.isInterrupted() ? 'interrupted' : 'failed', progress, error };
  return { kind: ports.isInterrupted() ? 'interrupted' : 'done', progress };
}

function after({ counts }: Progress, { lastLine, endByte }: Batch, outcomes: readonly RowOutcome[]): Progress {
  return { counts: add(counts, outcomes), line: lastLine, endByte };
}

function add(counts: Counts, outcomes: readonly RowOutcome[]): Counts {
  const sum = { ...counts };
  for (const { status } of outcomes) sum[status]++;
  return sum;
}
