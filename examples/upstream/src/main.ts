import { upstreamConfig } from './config.js';
import { startExampleUpstream } from './upstream.server.js';

try {
  const config = upstreamConfig(process.env);
  const upstream = await startExampleUpstream({ port: config.PORT, host: config.HOST });
  process.stdout.write(`example upstream: ${upstream.url}\n`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void upstream.stop().then(() => process.exit(0)));
  }
} catch (error) {
  process.stderr.write(`example upstream: ${(error as Error).message}\n`);
  process.exit(1);
}
