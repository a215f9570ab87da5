import type { SubjectLimits } from '@gatehouse/limit-domain/limit';

/**
 * The part of each quota that one of so many gateways may give away alone: all parts together are never more than the
 * whole, save that a quota smaller than the number of gateways still leaves one to each.
 */
export function localShare(subjects: readonly SubjectLimits[], gateways: number): SubjectLimits[] {
  const shareOf = (quota: number) => Math.max(1, Math.floor(quota / gateways));
  return subjects.map(({ subject, limits }) => ({
    subject,
    limits: limits.map((limit) => ({
      ...limit,
      quota: shareOf(limit.quota),
      ...(limit.burst === undefined ? {} : { burst: shareOf(limit.burst) }),
    })),
  }));
}
