import { Broker } from './broker.client.js';
import type { Bus, BusLogger } from './bus.js';
import { InProcessPatterns } from './in-process-patterns.server.js';
import { InProcessProxy } from './in-process-proxy.client.js';

/** A bus for services that live in one process: nothing leaves it, and nothing outside can take it down. */
export function inProcessBus(logger?: BusLogger): Bus {
  const broker = new Broker(logger);
  return {
    request: (subject, payload, deadlineMs) => broker.request(subject, payload, deadlineMs),
    answer: async (subject, queue, answerer) => broker.answer(subject, queue, answerer),
    serverStrategy: (queue) => new InProcessPatterns(broker, queue),
    clientProxy: () => new InProcessProxy(broker),
    isConnected: () => broker.isOpen(),
    drain: () => broker.drain(),
  };
}
