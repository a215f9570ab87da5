import { BusUnavailable } from '@gatehouse/bus/bus';
import { call } from '@gatehouse/bus/call.client';
import type { ClientProxy } from '@nestjs/microservices';
import { describeRatelimit, type RatelimitDescription } from './describe.js';

const ANSWER_DEADLINE_MS = 1_000;

/**
 * Asks the replicas on the bus who they are. Counters in memory are exact in one replica alone: with two, each would
 * admit the whole quota.
 * @param questions how often to ask: each is answered by one replica at random, this one included once it serves.
 * @throws Error where another replica answers, and it or this one keeps its counters in memory.
 */
export async function refuseSecondMemory(
  client: ClientProxy,
  self: RatelimitDescription,
  questions: number,
): Promise<void> {
  for (let left = questions; left > 0; left--) {
    const other = await call(client, describeRatelimit, {}, ANSWER_DEADLINE_MS).catch((error: unknown) => {
      if (error instanceof BusUnavailable) return undefined;
      throw error;
    });
    if (other === undefined || other.instanceId === self.instanceId) continue;
    if (other.store === 'redis' && self.store === 'redis') return;
    throw new Error(
      'another ratelimit already answers on this bus: set REDIS_URL for all replicas, since two that count in memory would admit more than the quota',
    );
  }
}
