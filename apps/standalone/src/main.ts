import { createLogger } from '@gatehouse/observability/logger';
import { orExit, runProcess } from '@gatehouse/observability/process.server';
import { standaloneConfig } from './config.js';
import { startStandalone } from './start.js';

const config = orExit(() => standaloneConfig(process.env));
const logger = createLogger('gatehouse', config.LOG_LEVEL);
await runProcess(logger, config.INTERNAL_PORT, () =>
  startStandalone(config, logger, (text) => process.stdout.write(text)),
);
