import type { Server } from 'node:http';
import { profileSchema } from '@gatehouse/catalog/profile-schema';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { MemoryCounters } from '@gatehouse/limit-domain/memory-counters';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  exampleApi,
  exampleFacts,
  type GatewayUnderTest,
  listen,
  SECRET,
  startGateway,
} from './gateway-under-test.conformance.js';
import { rawExchange, rawRequest, statusOf } from './raw-request.conformance.js';

// 40 seconds into a minute.
const NOW_MS = 1_700_000_020_000;
const MINUTE_ENDS = 1_700_000_040;
const KEY = `X-API-Key: ${SECRET}`;
const UNKNOWN = `X-API-Key: ${mintKey('ex_live_', Buffer.alloc(32, 9))}`;
const DIGEST = digestKey(SECRET).toString('hex');
const quotas = (second: number, minute: number) => [
  { windowSeconds: 1, quota: second },
  { windowSeconds: 60, quota: minute },
];
const api = {
  profile: profileSchema.parse({
    ...exampleApi().profile,
    scopes: { read: 'Read' },
    headers: {
      limits: {
        'X-RateLimit-Limit': '{limit}',
        'X-RateLimit-Remaining': '{remaining}',
        'X-RateLimit-Reset': '{reset}',
      },
      limitsOn: 'every',
      limitsWindow: 'minute',
    },
  }),
  plans: {
    free: { key: quotas(10, 30), organization: [], keysMax: 5 },
    pro: { key: quotas(30, 120), organization: [], keysMax: 25 },
  },
};

let upstream: Server;
let gateway: GatewayUnderTest;

beforeEach(async () => {
  upstream = await listen((_request, response) => response.end('from upstream'));
  await start();
});
afterEach(async () => {
  await gateway.stop();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

async function start(changes: Parameters<typeof startGateway>[1] = {}): Promise<void> {
  await gateway?.stop();
  gateway = await startGateway(upstream, { nowMs: () => NOW_MS, ...changes, api: { ...api, ...changes.api } });
  const counters = new MemoryCounters();
  gateway.answerTake(({ subjects, cost }) => counters.take(subjects, cost, NOW_MS));
}

/** Status, then limit, what remains and the reset as the headers tell them. */
async function send(line: string, ...headers: string[]): Promise<readonly (number | null)[]> {
  const answer = await rawExchange(gateway.port, rawRequest(line, headers));
  const told = ['limit', 'remaining', 'reset'].map((name) => {
    const values = [...answer.matchAll(new RegExp(`\r\nx-ratelimit-${name}: (\\d+)(?=\r\n)`, 'gi'))];
    return values.length === 1 ? Number(values[0]?.[1]) : null;
  });
  return [statusOf(answer), ...told];
}

describe('limit headers on every answer [A10]', () => {
  it('tell the real numbers where something was charged', async () => {
    expect(await send('GET /v1/x', KEY)).toEqual([200, 30, 29, MINUTE_ENDS]);
    expect(await send('GET /v1/x', KEY)).toEqual([200, 30, 28, MINUTE_ENDS]);
  });

  it('tell the real numbers of a key that holds but may not do this, and charge it nothing', async () => {
    await send('GET /v1/x', KEY);
    expect(await send('GET /admin/x', KEY)).toEqual([403, 30, 29, MINUTE_ENDS]);
    expect(await send('GET /admin/x', KEY)).toEqual([403, 30, 29, MINUTE_ENDS]);
    expect(await send('GET /v1/x', KEY)).toEqual([200, 30, 28, MINUTE_ENDS]);
  });

  it('tell the default plan, untouched, where no key is known', async () => {
    expect(await send('GET /v1/x')).toEqual([401, 30, 30, MINUTE_ENDS]);
    expect(await send('GET /v1/x', UNKNOWN)).toEqual([401, 30, 30, MINUTE_ENDS]);
    expect(await send('GET /v1//x', KEY)).toEqual([400, 30, 30, MINUTE_ENDS]);
    expect(await send('PROPFIND /v1/x', KEY)).toEqual([404, 30, 30, MINUTE_ENDS]);
    expect(gateway.takeBatches).toEqual([]);
  });

  it("tell a key's own plan, untouched and unasked, where the key is over", async () => {
    gateway.keys.set(DIGEST, exampleFacts({ plan: 'pro', state: 'revoked' }));
    expect(await send('GET /v1/x', KEY)).toEqual([401, 120, 120, MINUTE_ENDS]);
    expect(gateway.takeBatches).toEqual([]);
  });

  it('tell the window that refuses where a limit does', async () => {
    for (let request = 0; request < 10; request++) await send('GET /v1/x', KEY);
    expect(await send('GET /v1/x', KEY)).toEqual([429, 10, 0, NOW_MS / 1_000 + 1]);
  });

  it('are there while limits cannot be asked, whatever the API does then', async () => {
    await start({ down: ['ratelimit'], api: { limiterOutage: 'deny' } });
    expect(await send('GET /v1/x', KEY)).toEqual([503, 30, 30, MINUTE_ENDS]);
    expect(await send('GET /admin/x', KEY)).toEqual([403, 30, 30, MINUTE_ENDS]);
    await start({ down: ['ratelimit'], api: { limiterOutage: 'allow' } });
    expect(await send('GET /v1/x', KEY)).toEqual([200, 30, 30, MINUTE_ENDS]);
  });

  it('are there where the upstream is not', async () => {
    await start({ api: { upstream: 'http://127.0.0.1:1' } });
    expect(await send('GET /v1/x', KEY)).toEqual([502, 30, 29, MINUTE_ENDS]);
  });

  it('are not there where the profile does not ask for them on every answer', async () => {
    const headers = { ...api.profile.headers, limitsOn: 'charged' as const };
    await start({ api: { profile: { ...api.profile, headers } } });
    expect(await send('GET /v1/x')).toEqual([401, null, null, null]);
    expect(await send('GET /admin/x', KEY)).toEqual([403, null, null, null]);
    expect(gateway.takeBatches).toEqual([]);
  });
});
