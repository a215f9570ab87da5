import type { CliError } from '../cli-error.js';
import { oneLine } from '../one-line.js';
import { type Progress, rowsOf } from './progress.js';
import type { RowOutcome } from './send-batch.js';
import { duration } from './show-progress.js';

/** How many refused rows a summary lists; `--failures` writes all of them. */
export const LISTED_MAX = 20;

/** What one run of an import has done, together with the runs that it went on behind. */
export interface ImportSummary {
  readonly importId: string;
  readonly api: string;
  readonly dryRun: boolean;
  /** Whether every row of the file is settled. */
  readonly complete: boolean;
  readonly resumedAfterLine: number;
  readonly progress: Progress;
  /** Rows that this run settled, and how long it took. */
  readonly rows: number;
  readonly elapsedMs: number;
  readonly listed: readonly RowOutcome[];
  readonly failuresFile: string | undefined;
  readonly error: CliError | undefined;
}

export function summaryJson(summary: ImportSummary): string {
  const { progress, error } = summary;
  return `${JSON.stringify({
    import_id: summary.importId,
    api: summary.api,
    dry_run: summary.dryRun,
    complete: summary.complete,
    resumed_after_line: summary.resumedAfterLine,
    last_line: progress.line,
    ...progress.counts,
    seconds: Math.round(summary.elapsedMs) / 1_000,
    rows_per_second: perSecond(summary),
    failures: summary.listed.map(({ line, code, field, message }) => ({ line, code, field, message })),
    failures_file: summary.failuresFile ?? null,
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  })}\n`;
}

export function summaryText(summary: ImportSummary): string {
  const { counts, line } = summary.progress;
  const number = (value: number) => value.toLocaleString('en');
  const did = summary.dryRun ? 'would be sent' : 'imported';
  const lines = [
    `${number(counts.imported)} ${did}, ${number(counts.exists)} there before, ${number(counts.refused)} refused`,
    `${number(summary.rows)} rows in ${duration(summary.elapsedMs)} (${number(perSecond(summary))}/s); import ${summary.importId}`,
    ...summary.listed.map(failureText),
  ];
  const left = counts.refused - summary.listed.length;
  if (summary.failuresFile !== undefined) lines.push(`every refused row: ${summary.failuresFile}`);
  else if (left > 0) lines.push(`  … and ${number(left)} more; --failures <file> writes all of them down`);
  if (!summary.complete) lines.push(`stopped after line ${number(line)}; the same command goes on behind it`);
  return `${lines.join('\n')}\n`;
}

function failureText({ line, code, field, message }: RowOutcome): string {
  const place = field === undefined ? '' : ` ${oneLine(field)}:`;
  return `  line ${line}: ${oneLine(code ?? 'refused')}:${place} ${oneLine(message ?? '')}`;
}

function perSecond({ rows, elapsedMs }: ImportSummary): number {
  return elapsedMs === 0 ? 0 : Math.round((rows * 1_000) / elapsedMs);
}

export function rowsSettled(from: Progress, to: Progress): number {
  return rowsOf(to.counts) - rowsOf(from.counts);
}
