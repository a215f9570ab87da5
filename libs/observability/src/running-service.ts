import type { Registry } from 'prom-client';

/** One started service: what its process, or the process that holds several, needs to know of it. */
export interface RunningService {
  readonly name: string;
  /** Names of the parts that are not ready; empty: ready. */
  notReady(): Promise<readonly string[]> | readonly string[];
  readonly metrics: Registry;
  /** Finishes what is under way, then lets go of everything. */
  stop(): Promise<void>;
}
