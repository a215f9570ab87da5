import { CALL_DEADLINE_MS, call } from '@gatehouse/bus/call.client';
import type { Contract } from '@gatehouse/contracts/contract';
import type { ClientProxy } from '@nestjs/microservices';
import type { z } from 'zod';
import type { Turns } from './turns.server.js';

/** Asks another service. @throws BusUnavailable, BusFault */
export type AskService = <Input extends z.ZodType, Output extends z.ZodType>(
  contract: Contract<Input, Output>,
  input: z.input<Input>,
  deadlineMs?: number,
) => Promise<z.output<Output>>;

/** The services behind one bus client. What follows an answer waits for its turn, as each new request does. */
export function services(client: ClientProxy, turns: Pick<Turns, 'next'>, deadlineFactor = 1): AskService {
  return async (contract, input, deadlineMs = CALL_DEADLINE_MS) => {
    const answer = await call(client, contract, input, deadlineMs * deadlineFactor);
    await turns.next();
    return answer;
  };
}
