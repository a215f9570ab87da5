import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { createLogger } from '@gatehouse/observability/logger';
import { afterEach, describe, expect, it } from '@jest/globals';
import { gatewayConfig } from './config.js';
import { catalog } from './management/platform-under-test.conformance.js';
import { startGateway } from './start.js';

const logger = createLogger('gateway', 'silent');
const SECRET = '0123456789abcdef0123456789abcdef';

describe('a gateway', () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const start = async (port: number, IMPORT_PEPPERS = 'former=c2VjcmV0') => {
    const bus = inProcessBus();
    const config = gatewayConfig({
      GATEHOUSE_SECRET: SECRET,
      PORT: String(port),
      PUBLIC_URL: 'http://gate.example',
      IMPORT_PEPPERS,
    });
    const gateway = await startGateway({ config, bus, catalog, logger });
    return { ...gateway, bus };
  };

  it('serves the platform and the published APIs on one port', async () => {
    const gateway = await start(0);
    ends.push(() => gateway.stop());
    const at = (path: string) => fetch(`http://127.0.0.1:${gateway.port}${path}`);
    expect((await at('/api/v1/apis')).status).toBe(200);
    const refused = await at('/apis/exante/v1/invoices');
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.headers.get('content-type')).not.toContain('problem');
    expect(await gateway.notReady()).toEqual([]);
    expect(await gateway.metrics.metrics()).toContain('gateway_management_requests_total');
  });

  it('refuses a taken port with an error that names it', async () => {
    const taken: Server = createServer();
    await new Promise<void>((resolve) => taken.listen(0, resolve));
    ends.push(() => new Promise((resolve) => taken.close(resolve)));
    const { port } = taken.address() as AddressInfo;
    await expect(start(port)).rejects.toMatchObject({ code: 'EADDRINUSE', port });
  });

  it('does not start without a pepper that keys of a former system need', async () => {
    await expect(start(0, 'another=c2VjcmV0')).rejects.toThrow('IMPORT_PEPPERS: has no former');
    await expect(start(0, '')).rejects.toThrow('IMPORT_PEPPERS: has no former');
  });

  it('when stopped, is not ready, finishes what is under way, lets idle connections go and frees the port', async () => {
    const gateway = await start(0);
    const idle = connect(gateway.port, '127.0.0.1');
    const busy = connect(gateway.port, '127.0.0.1');
    let received = '';
    busy.on('data', (chunk) => {
      received += chunk.toString();
    });
    const silent = connect(gateway.port, '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const closed = [idle, busy, silent].map((socket) => new Promise((resolve) => socket.on('close', resolve)));
    idle.write('GET /setup HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await new Promise((resolve) => idle.once('data', resolve));
    busy.write(
      'POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n',
    );
    busy.write('Expect: 100-continue\r\n\r\n');
    await new Promise((resolve) => busy.once('data', resolve));

    const stopped = gateway.stop();
    expect(await gateway.notReady()).toContain('stopping');
    await closed[0];
    busy.write('{}');
    await stopped;
    await Promise.all(closed);
    expect(received).toContain('HTTP/1.1 422 ');
    expect(received.toLowerCase()).toContain('connection: close');
    await expect(fetch(`http://127.0.0.1:${gateway.port}/`)).rejects.toThrow();
  });
});
