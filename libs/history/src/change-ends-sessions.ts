import { byObject, groupBy } from './group-by.js';
import type { Finding, History, Violation } from './history.js';
import { letThroughOf } from './let-through.js';
import { isAfter } from './operation.js';

/**
 * INV-09, a changed credential ends sessions: when an account's password, factors, role or state were changed, no session that
 * was open before that change was asked for is let through to who begins after it had returned, but for the one that it keeps.
 */
export function changeEndsSessions(history: History): Finding {
  const letThrough = letThroughOf(history);
  const accountOf = ({ arguments: { account } }: { arguments: { readonly account?: string } }) => account;
  const changes = groupBy(history.operations, ['change-credential'], byObject);
  const openings = groupBy(history.operations, ['open-session'], byObject);
  const violations: Violation[] = [];
  let checked = 0;
  for (const [account, uses] of groupBy(history.operations, ['use', 'exchange'], accountOf)) {
    const done = (changes.get(account) ?? []).filter(({ outcome }) => outcome === 'ok');
    for (const use of done.length === 0 ? [] : uses) {
      const session = use.arguments.family ?? use.object;
      const opened = openings.get(session)?.find(({ outcome }) => outcome === 'ok');
      const ending = done.find(
        (change) =>
          change.arguments.keeps !== session &&
          opened !== undefined &&
          opened.returnedAtNs < change.startedAtNs &&
          isAfter(use, change),
      );
      if (ending === undefined) continue;
      checked++;
      if (letThrough.has(use))
        violations.push({ message: 'a session outlived a change of credentials', operations: [ending, use] });
    }
  }
  return { checked, violations };
}
