import type { Contract } from '@gatehouse/contracts/contract';
import { Logger } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import type { z } from 'zod';
import { isOutage } from './is-outage.js';

/** All that a peer learns of an outage behind us. */
export const UNAVAILABLE = 'unavailable';

const logger = new Logger('serve');

/**
 * Serves one management operation: parses the payload, hands it on, parses the answer. What `handler` throws crosses
 * the bus as an opaque fault; Nest writes it to the log of this service.
 * @throws RpcException where a part behind the service is not there, and where the payload is not what the contract says.
 */
export async function serve<Input extends z.ZodType, Output extends z.ZodType>(
  contract: Contract<Input, Output>,
  payload: unknown,
  handler: (input: z.output<Input>) => Promise<z.input<Output>> | z.input<Output>,
): Promise<z.output<Output>> {
  const input = contract.input.safeParse(payload);
  if (!input.success) {
    logger.warn(`a payload on ${contract.subject} is malformed: ${placesOf(input.error)}`);
    throw new RpcException('malformed payload');
  }
  const output = contract.output.safeParse(await reachable(contract.subject, () => handler(input.data)));
  if (!output.success) {
    throw new Error(`the answer on ${contract.subject} is not what its contract says: ${placesOf(output.error)}`);
  }
  return output.data;
}

/** A part behind this service that is not there is said as such, so that the caller may try again; see `call`. */
async function reachable<Value>(subject: string, work: () => Promise<Value> | Value): Promise<Value> {
  try {
    return await work();
  } catch (fault) {
    if (!isOutage(fault)) throw fault;
    logger.warn(`${subject} cannot be served now: ${(fault as Error).message}`);
    throw new RpcException(UNAVAILABLE);
  }
}

/** Where and what kind, never the value: a payload may hold a password. */
function placesOf(error: z.ZodError): string {
  return error.issues
    .slice(0, 10)
    .map((issue) => `${issue.path.join('.') || '(root)'} ${issue.code}`)
    .join(', ');
}
