import { busConformance } from './bus.conformance.js';
import { inProcessBus } from './in-process.client.js';

busConformance('the in-process bus', async () => {
  const bus = inProcessBus();
  return { join: async () => bus, stop: async () => {} };
});
