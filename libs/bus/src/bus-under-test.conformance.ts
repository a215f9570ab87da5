import type { Bus } from './bus.js';

/** What a bus under test offers: a member of the bus for each service that joins it. */
export interface BusUnderTest {
  join(name: string): Promise<Bus>;
  stop(): Promise<void>;
}
