import { join } from 'node:path';
import { type Child, startChild } from './child.client.js';
import { freePort } from './free-port.client.js';
import { waitUntil } from './wait-until.client.js';

export type ServiceName = 'gateway' | 'identity' | 'keys' | 'ratelimit';

/** One of our services as a process of its own. */
export interface ServiceProcess {
  readonly name: string;
  readonly child: Child;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where `/livez`, `/readyz` and `/metrics` are. */
  readonly internalUrl: string;
  waitUntilReady(): Promise<void>;
}

/** @param root the folder with `apps/<service>/dist`. */
export async function startServiceProcess(
  service: ServiceName,
  name: string,
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
  onOutput: (text: string) => void = () => undefined,
): Promise<ServiceProcess> {
  const internalPort = await freePort();
  const full = { ...environment, INTERNAL_PORT: String(internalPort) };
  const program = join(root, 'apps', service, 'dist', 'main.js');
  const child = await startChild(
    name,
    process.execPath,
    ['--enable-source-maps', program],
    { cwd: root, env: full, detached: true },
    onOutput,
  );
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  return {
    name,
    child,
    environment: full,
    internalUrl,
    waitUntilReady: () =>
      waitUntil(name, async () => (await fetch(`${internalUrl}/readyz`)).status === 200, 30_000, child),
  };
}
