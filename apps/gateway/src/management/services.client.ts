import { CALL_DEADLINE_MS, call } from '@gatehouse/bus/call.client';
import type { Contract } from '@gatehouse/contracts/contract';
import type { ClientProxy } from '@nestjs/microservices';
import type { z } from 'zod';

/** Asks another service. @throws BusUnavailable, BusFault */
export type AskService = <Input extends z.ZodType, Output extends z.ZodType>(
  contract: Contract<Input, Output>,
  input: z.input<Input>,
  deadlineMs?: number,
) => Promise<z.output<Output>>;

/** The services behind one bus client. @param deadlineFactor how much longer than usual each of them may take. */
export function services(client: ClientProxy, deadlineFactor = 1): AskService {
  return (contract, input, deadlineMs = CALL_DEADLINE_MS) => call(client, contract, input, deadlineMs * deadlineFactor);
}
