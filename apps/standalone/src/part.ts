import { createMetrics } from '@gatehouse/observability/metrics';
import type { RunningService } from '@gatehouse/observability/running-service';

/** A part of a process that only has to be let go of in the end. */
export function partOf(name: string, stop: () => Promise<void>): RunningService {
  return { name, notReady: () => [], metrics: createMetrics(name, false), stop };
}

/** Stops what was started, the last one first. */
export async function stopAll(started: readonly RunningService[]): Promise<void> {
  for (const part of [...started].reverse()) await part.stop();
}
