import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An upstream that counts what got through to it, by the key that the gateway says was used. */
export interface CountingUpstream {
  readonly url: string;
  requestsOf(keyId: string): number;
  stop(): Promise<void>;
}

/**
 * Answers every request after its body has arrived; a path that begins with /slow after `slowMs`, one that begins with
 * /stream with an event every 50 ms for as long as somebody listens.
 */
export async function startCountingUpstream(slowMs = 300): Promise<CountingUpstream> {
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const keyId = String(request.headers['x-gatehouse-key-id']);
    counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
    request.resume().once('end', () => {
      const answer = () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
      if (request.url?.startsWith('/stream')) stream(response);
      else if (request.url?.startsWith('/slow')) setTimeout(answer, slowMs);
      else answer();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requestsOf: (keyId) => counts.get(keyId) ?? 0,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write('data: still here\n\n'), 50);
  response.write('data: begins\n\n');
  response.once('close', () => clearInterval(timer));
}
