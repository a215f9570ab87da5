import { contract } from '@gatehouse/contracts/contract';
import { z } from 'zod';

/** Which replica of the service answers, and where it keeps its counters. */
export const describeRatelimit = contract(
  'gatehouse.v1.ratelimit.describe',
  z.strictObject({}),
  z.strictObject({ instanceId: z.string(), store: z.enum(['memory', 'redis']) }),
);
export type RatelimitDescription = z.infer<typeof describeRatelimit.output>;
