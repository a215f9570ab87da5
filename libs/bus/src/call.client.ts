import type { Contract } from '@gatehouse/contracts/contract';
import type { ClientProxy } from '@nestjs/microservices';
import { firstValueFrom, TimeoutError, timeout } from 'rxjs';
import type { z } from 'zod';
import { BusFault, BusUnavailable } from './bus.js';
import { UNAVAILABLE } from './serve.server.js';

/** For an operation that nothing else is said about. */
export const CALL_DEADLINE_MS = 3_000;

/**
 * Sends one management operation and parses its answer.
 * @throws BusUnavailable where nobody answers within `deadlineMs`, or the bus or a part behind the answerer is down.
 * @throws BusFault where the answerer failed or refused the payload, or its answer is not what the contract says.
 */
export async function call<Input extends z.ZodType, Output extends z.ZodType>(
  client: ClientProxy,
  contract: Contract<Input, Output>,
  input: z.input<Input>,
  deadlineMs = CALL_DEADLINE_MS,
): Promise<z.output<Output>> {
  const { subject } = contract;
  const answer = await firstValueFrom(
    client.send<unknown, z.input<Input>>(subject, input).pipe(timeout(deadlineMs)),
  ).catch((error: unknown) => {
    throw faultOf(error, subject, deadlineMs);
  });
  const parsed = contract.output.safeParse(answer);
  if (!parsed.success) throw new BusFault(`the answer on ${subject} is not what its contract says`);
  return parsed.data;
}

/** What the peer sent as its error stays out of ours: it may have been written by anything that can reach the bus. */
function faultOf(error: unknown, subject: string, deadlineMs: number): Error {
  if (error instanceof BusUnavailable || error instanceof BusFault) return error;
  if (error instanceof TimeoutError) {
    return new BusUnavailable(`nobody answered on ${subject} within ${deadlineMs} ms`);
  }
  if ((error as { message?: unknown } | null)?.message === UNAVAILABLE) {
    return new BusUnavailable(`the answerer of ${subject} cannot reach a part that it needs`);
  }
  return new BusFault(`the answerer of ${subject} failed`);
}
