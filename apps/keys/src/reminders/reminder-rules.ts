import type { Api } from '@gatehouse/catalog/api';

/** The keys of one API whose secrets are to be changed after so long. */
export interface ReminderRule {
  readonly api: string;
  readonly remindAfterDays: number;
}

/** Of the APIs whose profile wants secrets to be changed. */
export function reminderRules(apis: readonly Api[]): ReminderRule[] {
  return apis.flatMap(({ name: api, profile }) => {
    const { remindAfterDays } = profile.rotation;
    return remindAfterDays === null ? [] : [{ api, remindAfterDays }];
  });
}
