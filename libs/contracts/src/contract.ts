import type { z } from 'zod';

/**
 * One management operation: its subject on the bus and the schemas that both ends parse with.
 * Expected outcomes are variants of `output`; only faults cross as errors.
 */
export interface Contract<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly subject: string;
  readonly input: Input;
  readonly output: Output;
}

/** Declares an operation; exists so that the schema types are kept. */
export function contract<Input extends z.ZodType, Output extends z.ZodType>(
  subject: string,
  input: Input,
  output: Output,
): Contract<Input, Output> {
  return { subject, input, output };
}
