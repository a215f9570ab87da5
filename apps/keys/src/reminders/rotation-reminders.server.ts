import type { ReminderRule } from './reminder-rules.js';
import type { RotationRemindersStore } from './rotation-reminders.store.js';

export interface RemindingPorts {
  readonly store: Pick<RotationRemindersStore, 'remind'>;
  readonly rules: readonly ReminderRule[];
  readonly everyMs: number;
  readonly nowMs: () => number;
  readonly log: { warn(fields: object, message: string): void };
}

/** A database that is new to this has many old keys: so much is done before anything else has its turn. */
const TURNS_AT_ONCE = 20;

/** Looks every so often which keys have become too old, as long as the service runs. */
export function remindOfRotation({ store, rules, everyMs, nowMs, log }: RemindingPorts): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  const remind = async () => {
    for (const rule of rules) {
      for (let done = 0; done < TURNS_AT_ONCE && !stopped; done++) {
        if (!(await store.remind(rule, nowMs()))) break;
      }
    }
  };
  const schedule = () => {
    timer = setTimeout(() => {
      turn = remind()
        .catch((error: unknown) => log.warn({ err: error }, 'old keys are not pointed out for now'))
        .then(() => {
          if (!stopped) schedule();
        });
    }, everyMs).unref();
  };
  schedule();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return turn;
    },
  };
}
