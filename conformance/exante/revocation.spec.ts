import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { bearer, send } from '../send.js';

let platform: PlatformUnderTest;

beforeAll(async () => {
  platform = await startPlatform({ cluster: true });
});
afterAll(() => platform?.stop());

describe('Exante, over two gateways', () => {
  it('[E12] accepts no request that starts after the revoke has returned, on any gateway', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, key } = await platform.createKey({ api: 'exante', scopes: ['invoices.read'] });
      const ask = async (gateway: string) =>
        (await send(`${gateway}/apis/exante/api/invoices`, { headers: bearer(key) })).status;
      let revoked = false;
      const before: number[] = [];
      const clients = Array.from({ length: 16 }, async (_, client) => {
        const gateway = platform.urls[client % platform.urls.length] ?? platform.url;
        while (!revoked) before.push(await ask(gateway));
      });
      while (before.length < 200) await new Promise((resolve) => setImmediate(resolve));
      await platform.revokeKey(id);
      const after = await Promise.all(
        Array.from({ length: 200 }, (_, client) => ask(platform.urls[client % platform.urls.length] ?? platform.url)),
      );
      revoked = true;
      await Promise.all(clients);
      expect(before.filter((status) => status === 200).length).toBeGreaterThanOrEqual(100);
      expect(after.filter((status) => status !== 401)).toEqual([]);
    }
  });
});
