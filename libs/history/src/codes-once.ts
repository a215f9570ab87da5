import { byObject, groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import { isAfter, type Operation } from './operation.js';

const PER_CHALLENGE = 5;
const PER_ACCOUNT = 10;
const ACCOUNT_WINDOW_NS = 15 * 60 * 1e9;

/**
 * INV-08, codes of an authenticator: one success for each step, later ones for later steps only; at most 5 codes are compared
 * for a challenge, and 10 for an account in 15 minutes. A verdict (`right`, `wrong`) tells that a code was compared.
 */
export function codesOnce(history: History): Finding {
  const violations: Violation[] = [];
  let checked = 0;
  for (const answers of groupBy(history.operations, ['answer-code'], byObject).values()) {
    checked += answers.length;
    const accepted = answers.filter(({ outcome }) => outcome === 'ok');
    violations.push(...judgeSteps(accepted), ...judgeAccount(answers.filter(wasCompared)));
  }
  for (const answers of groupBy(
    history.operations,
    ['answer-code'],
    ({ arguments: { challenge } }) => challenge,
  ).values()) {
    const compared = answers.filter(wasCompared);
    if (compared.length > PER_CHALLENGE) {
      violations.push({ message: `${compared.length} codes compared for one challenge`, operations: compared });
    }
  }
  return { checked, violations };
}

function wasCompared({ outcome, result }: Operation): boolean {
  return outcome === 'ok' || result.verdict === 'wrong';
}

function stepOf(answer: Operation): number {
  return answer.arguments.step ?? Number.NaN;
}

function judgeSteps(accepted: readonly Operation[]): Violation[] {
  const violations: Violation[] = [];
  for (const [index, answer] of accepted.entries()) {
    for (const other of accepted.slice(index + 1)) {
      if (stepOf(other) === stepOf(answer)) {
        violations.push({ message: `step ${stepOf(answer)} accepted twice`, operations: [answer, other] });
      } else if (isAfter(other, answer) && stepOf(other) < stepOf(answer)) {
        violations.push({ message: 'an older step accepted after a newer one', operations: [answer, other] });
      }
    }
  }
  return violations;
}

/** Certainly within 15 minutes of each other: from before the first was asked until after the last was answered. */
function judgeAccount(compared: readonly Operation[]): Violation[] {
  for (const first of compared) {
    const close = compared.filter(
      ({ startedAtNs, returnedAtNs }) =>
        startedAtNs >= first.startedAtNs && returnedAtNs < first.startedAtNs + ACCOUNT_WINDOW_NS,
    );
    if (close.length <= PER_ACCOUNT) continue;
    return [{ message: `${close.length} codes compared for one account in 15 minutes`, operations: close }];
  }
  return [];
}
