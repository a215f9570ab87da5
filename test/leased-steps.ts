import { randomBytes } from 'node:crypto';
import { call } from '@gatehouse/bus/call.client';
import type { Actor } from '@gatehouse/contracts/actor';
import { revokeKey, type SettlementView } from '@gatehouse/contracts/keys';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import {
  type GatewayOptions,
  type LeasedGateway,
  type LeasedPlatform,
  startLeasedPlatform,
} from './leased-gateways.js';

export const DEADLINE_MS = 15_000;

/** The platform of one test file with three gateways, and what its tests do. Its parts are there once the tests run. */
export interface LeasedTests {
  readonly platform: LeasedPlatform;
  readonly gateways: readonly LeasedGateway[];
  /** One more gateway, for one test. */
  open(options?: GatewayOptions): Promise<LeasedGateway>;
  /** Revokes a key. @returns how long that took, in milliseconds. */
  revoke(by: Actor, keyId: string): Promise<number>;
  /** Revokes a key. @returns who has acknowledged it, and who was waited for. */
  settlementOf(by: Actor, keyId: string): Promise<SettlementView>;
  /** Uses a key until each of these gateways answers for it from memory. */
  warm(secret: string, which?: readonly LeasedGateway[], path?: string): Promise<void>;
  /** What each of the three gateways answers. */
  statuses(secret: string, path?: string): Promise<number[]>;
}

export function withLeasedGateways(): LeasedTests {
  const opened: LeasedGateway[] = [];
  const gateways: LeasedGateway[] = [];
  const parts: { platform?: LeasedPlatform } = {};
  const platform = () => {
    if (parts.platform === undefined) throw new Error('the platform is not there yet');
    return parts.platform;
  };
  beforeAll(async () => {
    parts.platform = await startLeasedPlatform();
    for (let index = 0; index < 3; index++) gateways.push(await platform().openGateway());
  }, 90_000);
  afterEach(async () => {
    for (const gateway of opened.splice(0)) await gateway.stop();
  });
  afterAll(async () => {
    await parts.platform?.stop();
  }, 60_000);
  return {
    get platform() {
      return platform();
    },
    gateways,
    open: async (options) => {
      const gateway = await platform().openGateway(options);
      opened.push(gateway);
      return gateway;
    },
    revoke: async (actor, keyId) => {
      const startedMs = performance.now();
      const answer = await call(platform().client, revokeKey, { actor, keyId }, DEADLINE_MS);
      if (answer.kind !== 'revoked') throw new Error(`not revoked: ${answer.kind}`);
      return performance.now() - startedMs;
    },
    settlementOf: async (actor, keyId) => {
      const answer = await call(platform().client, revokeKey, { actor, keyId }, DEADLINE_MS);
      if (answer.kind !== 'revoked') throw new Error(`not revoked: ${answer.kind}`);
      return answer.settlement;
    },
    warm: async (secret, which = gateways, path = '/read') => {
      for (const gateway of which) {
        const fromMemory = async () => {
          const before = await gateway.remembered();
          return (await gateway.use(secret, path)) === 200 && (await gateway.remembered()) > before;
        };
        await waitUntil('the key is answered from memory', fromMemory, DEADLINE_MS);
      }
    },
    statuses: (secret, path) => Promise.all(gateways.map((gateway) => gateway.use(secret, path))),
  };
}

/** Somebody of an organization of their own. */
export function somebody(): Actor {
  return {
    accountId: 'acc_1',
    organizationId: `org_${randomBytes(8).toString('hex')}`,
    role: 'developer',
    address: '192.0.2.1',
    requestId: 'req_1',
  };
}
