import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isPublicAddress } from './is-public-address.js';
import { outbound } from './outbound.client.js';

describe('a request to a provider', () => {
  let server: Server;
  let origin: string;
  let asked = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked++;
      if (request.url === '/redirect') response.writeHead(302, { location: '/' }).end();
      else response.end('x'.repeat(Number(request.url?.slice(1))));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it('reads at most 64 KB, and follows no redirect [H-072, H-073]', async () => {
    const { send, close } = outbound(new URL(origin));
    expect((await (await send(`${origin}/65536`)).text()).length).toBe(65_536);
    await expect(send(`${origin}/65537`)).rejects.toThrow();
    const before = asked;
    expect((await send(`${origin}/redirect`)).status).toBe(302);
    expect(asked).toBe(before + 1);
    await close();
  });

  it.each([
    (port: string) => `http://127.0.0.1:${port}/1`,
    (port: string) => `https://127.0.0.1:${port}/1`,
    (port: string) => `https://[::1]:${port}/1`,
    (port: string) => `https://[::ffff:127.0.0.1]:${port}/1`,
    (port: string) => `https://localhost:${port}/1`,
    (port: string) => `https://2130706433:${port}/1`,
    (port: string) => `https://0x7f.1:${port}/1`,
    () => 'https://169.254.169.254/latest/meta-data',
    () => 'https://10.0.0.1/',
    () => 'https://user:password@idp.example/',
    () => 'http://idp.example/',
    () => 'file:///etc/passwd',
    () => 'ftp://idp.example/',
    () => 'data:text/plain,x',
  ])('does not go where a provider elsewhere has no business: %p [H-072]', async (urlOf) => {
    const { send, close } = outbound(new URL('https://idp.example'));
    const before = asked;
    await expect(send(urlOf(new URL(origin).port))).rejects.toThrow(/not public|only HTTPS|a login/);
    expect(asked).toBe(before);
    await close();
  });

  it('goes in plain HTTP only to the very place on this machine that the operator has named', async () => {
    const { send, close } = outbound(new URL('http://127.0.0.1:1'));
    await expect(send(`${origin}/1`)).rejects.toThrow('only HTTPS');
    await close();
  });
});

describe('a public address', () => {
  it.each(['8.8.8.8', '140.82.112.3', '2606:50c0:8000::153', '::ffff:8.8.8.8'])('%s is one', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'fc00::1',
    'fe80::1',
    'ff02::1',
    'localhost',
    '',
  ])('%p is none', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
