import type { SubjectLimits } from '@gatehouse/limit-domain/limit';

/**
 * The part of each quota that one of so many gateways may give away alone: all parts together are never more than the
 * whole, save that a quota smaller than the number of gateways still leaves one to each.
 */
export function localShare(subjects: readonly SubjectLimits[], gateways: number): SubjectLimits[] {
  return subjects.map(({ subject, limits }) => ({
    subject,
    limits: limits.map(({ windowSeconds, quota }) => ({
      windowSeconds,
      quota: Math.max(1, Math.floor(quota / gateways)),
    })),
  }));
}
