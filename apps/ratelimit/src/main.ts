import { connectNats } from '@gatehouse/bus/nats.client';
import { createLogger } from '@gatehouse/observability/logger';
import { orExit, runProcess } from '@gatehouse/observability/process.server';
import { ratelimitProcessConfig } from './config.js';
import { startRatelimit } from './start.js';

const config = orExit(() => ratelimitProcessConfig(process.env));
const logger = createLogger('ratelimit', config.LOG_LEVEL);

await runProcess(logger, config.INTERNAL_PORT, async () => {
  const bus = await connectNats({ url: config.NATS_URL, name: 'ratelimit', logger });
  const ratelimit = await startRatelimit({ config, bus, logger, processMetrics: true });
  const stop = async () => {
    await ratelimit.stop();
    await bus.drain();
  };
  return [{ ...ratelimit, stop }];
});
