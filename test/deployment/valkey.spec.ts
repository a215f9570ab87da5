import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@gatehouse/launch/free-port.client';
import { accepts } from '@gatehouse/launch/nats-server.client';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'iovalkey';
import { connectRedisLimitStore } from '../../apps/ratelimit/src/limits/redis-limits.store.js';
import { root } from './manifests.js';

const PASSWORD = 'p0123456789abcdef';

describe('the Valkey login', () => {
  let server: ChildProcess;
  let port: number;
  let redis: Redis;
  let folder: string;

  beforeAll(async () => {
    port = await freePort();
    // The start of the container, with the server that this machine has.
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-valkey-'));
    server = spawn('sh', [join(root, 'k8s/base/valkey/start.sh'), '--port', String(port), '--bind', '127.0.0.1'], {
      env: { PATH: process.env['PATH'], VALKEY_SERVER: 'redis-server', VALKEY_PASSWORD: PASSWORD, VALKEY_DATA: folder },
      stdio: 'ignore',
    });
    await waitUntil('redis-server', () => accepts(port), 10_000);
    redis = new Redis({ port, username: 'gatehouse', password: PASSWORD });
  });
  afterAll(async () => {
    redis.disconnect();
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
  });

  it('is enough for the limits: a store of the service counts with it', async () => {
    const logger = { info: () => undefined, warn: () => undefined };
    const store = await connectRedisLimitStore({ url: `redis://gatehouse:${PASSWORD}@127.0.0.1:${port}`, logger });
    try {
      expect(await store.isReady()).toBe(true);
      const query = { cost: 1, subjects: [{ subject: 'key:1', limits: [{ windowSeconds: 86_400, quota: 2 }] }] };
      const outcomes = await store.takeAll([query, query, query]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['allowed', 'allowed', 'refused']);
    } finally {
      await store.close();
    }
  });

  it.each([
    ['FLUSHALL'],
    ['CONFIG', 'GET', 'dir'],
    ['EVAL', 'return 1', '0'],
    ['KEYS', '*'],
    ['DEBUG', 'SLEEP', '0'],
    ['MODULE', 'LIST'],
    ['REPLICAOF', 'NO', 'ONE'],
    ['ACL', 'LIST'],
    ['SCRIPT', 'FLUSH'],
    ['CLIENT', 'LIST'],
    ['HGETALL', 'another:key'],
  ])('[H-136] may not %s %s', async (command, ...parameters) => {
    await expect(redis.call(command, ...parameters)).rejects.toThrow(/^NOPERM|not allowed/);
  });

  it('[H-136] is the only one', async () => {
    for (const login of [{}, { password: PASSWORD }, { username: 'gatehouse', password: 'wrong' }]) {
      const stranger = new Redis({ port, ...login, enableReadyCheck: false });
      stranger.on('error', () => undefined);
      await expect(stranger.hgetall('gatehouse:limit:x')).rejects.toThrow(/NOAUTH|WRONGPASS/);
      stranger.disconnect();
    }
  });

  it('[H-135] has a password that is not in the list of processes', () => {
    expect(server.spawnargs.join(' ')).not.toContain(PASSWORD);
  });
});
