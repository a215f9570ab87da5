import type { Quotas } from '@gatehouse/contracts/keys';
import type { KeyQuota } from '@gatehouse/key-domain/key';

const WINDOW_SECONDS = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const;

/** Quotas by the names of their windows, as decisions use them: shortest window first. */
export function windowsOf(quotas: Quotas | null): readonly KeyQuota[] | null {
  if (quotas === null) return null;
  return Object.entries(WINDOW_SECONDS).flatMap(([window, windowSeconds]) => {
    const quota = quotas[window as keyof Quotas];
    return quota === undefined ? [] : [{ windowSeconds, quota }];
  });
}
