import { accepts, freePort } from './processes.mjs';

/** A nats-server of its own for each contestant that needs one, so that its CPU time is that contestant's. */
export async function startNats(processes) {
  const port = await freePort();
  const started = await processes.start({
    name: 'nats-server',
    command: 'nats-server',
    args: ['-a', '127.0.0.1', '-p', String(port)],
    ready: () => accepts(port),
  });
  return { url: `nats://127.0.0.1:${port}`, process: started };
}
