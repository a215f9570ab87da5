import { gatewayInvalidateSubject, invalidateSubject } from '@gatehouse/contracts/hot-subjects';
import type { Holder, HolderKind } from './holders.store.js';

const SUBJECT_OF: Readonly<Record<HolderKind, (holderId: string) => string>> = {
  keys: invalidateSubject,
  gateway: gatewayInvalidateSubject,
};

/** Where a holder hears of changes. */
export function subjectOf({ kind, holderId }: Pick<Holder, 'kind' | 'holderId'>): string {
  return SUBJECT_OF[kind](holderId);
}
