import { loadConfig } from '@gatehouse/config/environment.loader';
import { port } from '@gatehouse/config/variables';
import { z } from 'zod';

/** Where the example upstream listens. @throws ConfigurationError */
export function upstreamConfig(environment: Readonly<Record<string, string | undefined>>) {
  return loadConfig({ PORT: port(9000), HOST: z.string().default('127.0.0.1') }, environment);
}
