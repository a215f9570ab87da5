import { type RedisServer, startRedisServer } from '@gatehouse/launch/redis-server.client';

/** A real redis-server of a test's own. */
export function startTestRedis(): Promise<RedisServer> {
  return startRedisServer();
}
