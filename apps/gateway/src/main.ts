import { fileURLToPath } from 'node:url';
import { connectNats } from '@gatehouse/bus/nats.client';
import { loadCatalog } from '@gatehouse/catalog/catalog.loader';
import { createLogger } from '@gatehouse/observability/logger';
import { orExit, runProcess } from '@gatehouse/observability/process.server';
import { gatewayProcessConfig } from './config.js';
import { startGateway } from './start.js';

const config = orExit(() => gatewayProcessConfig(process.env));
const logger = createLogger('gateway', config.LOG_LEVEL);
const builtInProfiles = fileURLToPath(new URL('../../../profiles', import.meta.url));

await runProcess(logger, config.INTERNAL_PORT, async () => {
  const catalog = await loadCatalog(config.GATEHOUSE_CONFIG, builtInProfiles);
  const bus = await connectNats({ url: config.NATS_URL, name: 'gateway', logger });
  const gateway = await startGateway({ config, bus, catalog, logger, processMetrics: true });
  const stop = async () => {
    await gateway.stop();
    await bus.drain();
  };
  return [{ ...gateway, stop }];
});
