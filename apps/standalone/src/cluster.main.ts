import { createLogger } from '@gatehouse/observability/logger';
import { orExit, runProcess } from '@gatehouse/observability/process.server';
import { startSeparateProcesses } from './cluster.server.js';
import { clusterConfig } from './config.js';

/** `npm run start:cluster`: every service a process of its own, over NATS, PostgreSQL and Redis. */
const config = orExit(() => clusterConfig(process.env));
const logger = createLogger('gatehouse', config.LOG_LEVEL);
await runProcess(logger, config.INTERNAL_PORT, () =>
  startSeparateProcesses(config, (text) => process.stdout.write(text)),
);
