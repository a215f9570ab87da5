import { type Progress, rowsOf } from './progress.js';

const REPAINT_MS = 100;
const LINE_EVERY_MS = 5_000;
const BAR_WIDTH = 24;

export interface ProgressPorts {
  readonly write: (text: string) => void;
  /** Whether a line can be painted over. */
  readonly isTerminal: boolean;
  /** In characters; asked each time, since windows change. */
  readonly width: () => number;
  readonly nowMs: () => number;
}

export interface ShownProgress {
  show(progress: Progress): void;
  /** Says something beside the progress. */
  notice(text: string): void;
  /** Leaves the last state on its own line. */
  end(): void;
}

/** Paints a bar on a terminal; elsewhere writes a line every few seconds. @param totalBytes undefined: not known */
export function showProgress(from: Progress, totalBytes: number | undefined, ports: ProgressPorts): ShownProgress {
  const startedMs = ports.nowMs();
  let shownMs = startedMs;
  let last = from;
  const text = () => progressText(from, last, totalBytes, ports.nowMs() - startedMs);
  const paint = () => ports.write(`\r\u001b[2K${text().slice(0, Math.max(20, ports.width() - 1))}`);
  return {
    show: (progress) => {
      last = progress;
      if (ports.nowMs() - shownMs < (ports.isTerminal ? REPAINT_MS : LINE_EVERY_MS)) return;
      shownMs = ports.nowMs();
      if (ports.isTerminal) paint();
      else ports.write(`${text()}\n`);
    },
    notice: (said) => {
      ports.write(`${ports.isTerminal ? '\r\u001b[2K' : ''}${said}\n`);
      if (ports.isTerminal) paint();
    },
    end: () => {
      if (ports.isTerminal) paint();
      if (ports.isTerminal) ports.write('\n');
    },
  };
}

/** `[####....] 34 %  340,000 rows  2,120/s  12 refused  5m 11s left`; the rate is that of this run. */
export function progressText(from: Progress, now: Progress, totalBytes: number | undefined, elapsedMs: number): string {
  const rows = rowsOf(now.counts);
  const perSecond = elapsedMs === 0 ? 0 : ((rows - rowsOf(from.counts)) * 1_000) / elapsedMs;
  const parts = [`${rows.toLocaleString('en')} rows`, `${Math.round(perSecond).toLocaleString('en')}/s`];
  if (now.counts.refused > 0) parts.push(`${now.counts.refused.toLocaleString('en')} refused`);
  if (totalBytes === undefined || totalBytes === 0) return parts.join('  ');
  const share = Math.min(1, now.endByte / totalBytes);
  const filled = Math.round(share * BAR_WIDTH);
  parts.unshift(
    `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`,
  );
  const bytesPerMs = (now.endByte - from.endByte) / elapsedMs;
  if (bytesPerMs > 0 && share < 1) parts.push(`${duration((totalBytes - now.endByte) / bytesPerMs)} left`);
  return parts.join('  ');
}

/** `45s`, `5m 11s`, `2h 03m`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}
