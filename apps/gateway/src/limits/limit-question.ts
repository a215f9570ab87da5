import { createHash } from 'node:crypto';
import { encodeSubjects } from '@gatehouse/contracts/limit-records';
import { plainText } from '@gatehouse/contracts/plain-text';
import { capacityOf, type Limit, type LimitOutcome } from '@gatehouse/limit-domain/limit';
import { tokensMax } from '@gatehouse/limit-domain/token-bucket';
import { z } from 'zod';
import type { Charge } from '../edge/limits-for.js';

/** The longest window that a service may ask for: 31 days. */
const WINDOW_SECONDS_MAX = 31 * 86_400;
const quota = z.number().int().min(1).max(4_000_000_000);

/** A limit of a service's own, with everything that it is. Its counter goes by organization, namespace and identifier. */
export const limitCheckBody = z
  .strictObject({
    organization: plainText.max(64).optional(),
    namespace: plainText.min(1).max(128),
    identifier: plainText.min(1).max(512),
    limit: quota,
    window_seconds: z.number().int().min(1).max(WINDOW_SECONDS_MAX),
    cost: z.number().int().min(0).max(1_000_000).default(1),
    algorithm: z.enum(['fixed-window', 'sliding-window', 'token-bucket']).default('fixed-window'),
    burst: quota.optional(),
  })
  .superRefine((body, context) => {
    const most = tokensMax(body.window_seconds);
    if (body.algorithm !== 'token-bucket') {
      if (body.burst !== undefined)
        context.addIssue({ code: 'custom', path: ['burst'], message: 'only a token-bucket has one' });
      return;
    }
    for (const field of ['limit', 'burst'] as const) {
      if ((body[field] ?? 0) <= most) continue;
      context.addIssue({ code: 'custom', path: [field], message: `must be ${most} at most in such a token-bucket` });
    }
  });
type LimitCheckBody = z.output<typeof limitCheckBody>;

/** What is charged for such a question. Names of any length and alphabet become one of fixed length. */
export function chargeFor(organizationId: string, body: LimitCheckBody): Charge {
  const name = createHash('sha256')
    .update(JSON.stringify([body.namespace, body.identifier]))
    .digest('base64url');
  const limit: Limit = {
    windowSeconds: body.window_seconds,
    quota: body.limit,
    ...(body.algorithm === 'fixed-window' ? {} : { algorithm: body.algorithm }),
    ...(body.burst === undefined ? {} : { burst: body.burst }),
  };
  const subjects = [{ subject: `check:${organizationId}:${name}`, limits: [limit] }];
  return { cost: body.cost, subjects, encoded: encodeSubjects(subjects) };
}

/** The answer as the management API gives it. What cannot be said while limits cannot be asked is null. */
export function limitCheckJson(outcome: LimitOutcome, { subjects: [asked] }: Charge) {
  const [window] = outcome.windows;
  const limit = asked?.limits[0];
  return {
    allowed: outcome.kind === 'allowed',
    limit: limit === undefined ? null : capacityOf(limit),
    remaining: window?.remaining ?? null,
    reset_at: window === undefined ? null : new Date(window.resetAtSeconds * 1_000).toISOString(),
    ...(outcome.kind === 'refused' ? { retry_after: outcome.retryAfterSeconds } : {}),
  };
}
