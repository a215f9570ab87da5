import { connectNats } from '@gatehouse/bus/nats.client';
import { createLogger } from '@gatehouse/observability/logger';
import { createMetrics } from '@gatehouse/observability/metrics';
import { orExit, runProcess } from '@gatehouse/observability/process.server';
import { identityConfig, requireNatsUrl } from './config.js';
import { startIdentity } from './start.js';

const config = orExit(() => identityConfig(process.env));
const natsUrl = orExit(() => requireNatsUrl(config));
const logger = createLogger('identity', config.LOG_LEVEL);

await runProcess(logger, config.INTERNAL_PORT, async () => {
  const bus = await connectNats({ url: natsUrl, name: 'identity', logger });
  const identity = await startIdentity({ config, bus, logger, withProcessMetrics: true });
  if (identity.claimToken !== null) {
    logger.warn(
      `nobody is administrator yet; this link works once: ${config.PUBLIC_URL}/setup#token=${identity.claimToken}`,
    );
  }
  const connection = { name: 'bus', notReady: () => [], metrics: createMetrics('bus', false), stop: () => bus.drain() };
  return [connection, identity];
});
