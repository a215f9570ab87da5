import type { Finding, History, Violation } from './history.js';
import { letThroughOf } from './let-through.js';

/** INV-12, authentication fails closed: what was never valid is never let through, and who cannot say answers 503 with Retry-After. */
export function failsClosed(history: History): Finding {
  const letThrough = letThroughOf(history);
  const violations: Violation[] = [];
  let checked = 0;
  for (const use of history.operations) {
    if (use.operation !== 'use') continue;
    const { neverValid = false } = use.arguments;
    if (!neverValid && use.status !== 503) continue;
    checked++;
    if (neverValid && letThrough.has(use)) {
      violations.push({ message: 'let through with a credential that was never valid', operations: [use] });
    }
    if (use.status === 503 && use.result.retryAfterSeconds === undefined) {
      violations.push({ message: '503 without Retry-After', operations: [use] });
    }
  }
  return { checked, violations };
}
