import type { Limit } from '@gatehouse/limit-domain/limit';
import { tokensMax } from '@gatehouse/limit-domain/token-bucket';
import { z } from 'zod';
import { WINDOW_SECONDS, type WindowName } from './window-seconds.js';

const QUOTA_MAX = 4_000_000_000;
const LIMITS_OF_A_WINDOW_MAX = 4;

const quota = z
  .number()
  .int('must be a whole number')
  .min(1, 'must be 1 or more')
  .max(QUOTA_MAX, `must be ${QUOTA_MAX} at most`);

const limit = z
  .strictObject({
    quota,
    algorithm: z
      .enum(['fixed-window', 'sliding-window', 'token-bucket'], {
        error: 'must be fixed-window, sliding-window or token-bucket',
      })
      .default('fixed-window')
      .describe(
        'fixed-window: aligned to the clock; sliding-window: never more in any interval of that length; token-bucket: flows in evenly.',
      ),
    burst: quota.optional().describe('What a token bucket holds when it is full; without it, the quota.'),
    shadow: z
      .boolean()
      .default(false)
      .describe('Counted, and told by a metric where it would have refused; never enforced.'),
  })
  .superRefine(({ algorithm, burst }, context) => {
    if (burst === undefined || algorithm === 'token-bucket') return;
    context.addIssue({ code: 'custom', path: ['burst'], message: 'only a token-bucket has one' });
  });

const FORMS = `must be a whole number from 1 to ${QUOTA_MAX}, a mapping with quota, or a list of these`;
const quotaOrLimit = z.union([quota, limit], { error: FORMS });
const limits = z.union(
  [quota, limit, z.array(quotaOrLimit).min(1, 'must name at least one').max(LIMITS_OF_A_WINDOW_MAX, 'are too many')],
  { error: FORMS },
);

const windowNames = Object.keys(WINDOW_SECONDS) as [WindowName, ...WindowName[]];

/**
 * Quotas by window: `second`, `minute`, `hour`, `day`; windows of one subject apply together. A quota alone is one of a
 * fixed window.
 */
export const quotas = z.partialRecord(z.enum(windowNames), limits).superRefine((given, context) => {
  for (const { windowSeconds, quota: tokens, burst, algorithm } of limitsOf(given)) {
    const most = tokensMax(windowSeconds);
    if (algorithm !== 'token-bucket' || Math.max(tokens, burst ?? 0) <= most) continue;
    const window = windowNames.find((name) => WINDOW_SECONDS[name] === windowSeconds) ?? '';
    context.addIssue({ code: 'custom', path: [window], message: `must be ${most} at most in a token-bucket` });
  }
});

/** As decisions use them: shortest window first. */
export function limitsOf(given: z.infer<z.ZodRecord<z.ZodEnum, typeof limits>>): Limit[] {
  return windowNames.flatMap((window) => {
    const ofWindow = given[window];
    return ofWindow === undefined ? [] : [ofWindow].flat().map((one) => limitOf(WINDOW_SECONDS[window], one));
  });
}

function limitOf(windowSeconds: number, given: z.infer<typeof quotaOrLimit>): Limit {
  if (typeof given === 'number') return { windowSeconds, quota: given };
  const { algorithm, burst, shadow } = given;
  return {
    windowSeconds,
    quota: given.quota,
    ...(algorithm === 'fixed-window' ? {} : { algorithm }),
    ...(burst === undefined ? {} : { burst }),
    ...(shadow ? { shadow } : {}),
  };
}
