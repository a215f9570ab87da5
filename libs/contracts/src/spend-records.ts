import { z } from 'zod';

/** Where keys with a number of uses are charged: one of them for each request, or more where it costs more. */
export const SPEND_SUBJECT = 'gatehouse.v1.keys.spend';

const spendsSchema = z.array(z.strictObject({ keyId: z.string().max(64), cost: z.number().int().min(0) })).max(1_000);
const outcomesSchema = z.array(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('spent'), left: z.number().int().min(0).nullable() }),
    z.strictObject({ kind: z.literal('exhausted') }),
  ]),
);

/** What one request takes from the uses that its key has left; 0 only asks how many these are. */
export interface Spend {
  readonly keyId: string;
  readonly cost: number;
}
/**
 * `spent`: how many are left afterwards; null: the key has no number of uses any more. `exhausted`: fewer are left than the
 * request costs; nothing was taken.
 */
export type SpendOutcome = { readonly kind: 'spent'; readonly left: number | null } | { readonly kind: 'exhausted' };

/** Such keys are few, so this exchange is JSON, other than the two that every request makes. */
export function encodeSpends(spends: readonly Spend[]): Uint8Array {
  return Buffer.from(JSON.stringify(spends), 'utf8');
}

/** @throws Error where it is no such record. */
export function decodeSpends(payload: Uint8Array): readonly Spend[] {
  return spendsSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
}

export function encodeSpendOutcomes(outcomes: readonly SpendOutcome[]): Uint8Array {
  return Buffer.from(JSON.stringify(outcomes), 'utf8');
}

/** @throws Error where it is no such record, or has not one outcome for each spend. */
export function decodeSpendOutcomes(payload: Uint8Array, expected: number): readonly SpendOutcome[] {
  const outcomes = outcomesSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  if (outcomes.length !== expected) throw new Error('the number of outcomes is not that of the spends');
  return outcomes;
}
