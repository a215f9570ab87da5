import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** What becomes of the bytes that come back: nothing, late, the connection is cut in their place, or they never arrive. */
type Fault = 'none' | 'delay' | 'cut' | 'black hole';

/** A TCP port that leads to another one, and loses what it should. */
export interface FaultyLink {
  readonly port: number;
  /** From now on, for connections that are open as well. */
  be(fault: Fault): void;
  stop(): Promise<void>;
}

const DELAY_MS = 400;

/** @param targetPort on this machine. What is sent there always arrives; only answers are lost. */
export async function startFaultyLink(targetPort: number): Promise<FaultyLink> {
  let fault: Fault = 'none';
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1');
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        open.delete(socket);
        end();
      });
    }
    near.on('data', (bytes) => void far.write(bytes));
    far.on('data', (bytes) => {
      if (fault === 'cut') end();
      if (fault === 'none') near.write(bytes);
      if (fault === 'delay') setTimeout(() => near.destroyed || near.write(bytes), DELAY_MS);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    be: (now) => {
      // What a connection has lost, it cannot go on without.
      if (fault === 'black hole') for (const socket of open) socket.destroy();
      fault = now;
    },
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
