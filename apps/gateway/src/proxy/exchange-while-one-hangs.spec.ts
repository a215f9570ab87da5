import type { Server } from 'node:http';
import { VERIFY_SUBJECT, verifyReplicaSubject } from '@gatehouse/contracts/hot-subjects';
import { decodeVerifyQueries, encodeFacts, encodeVerifyReplies } from '@gatehouse/contracts/verify-records';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { createLogger } from '@gatehouse/observability/logger';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keysClient } from '../edge/keys.client.js';
import {
  exampleFacts,
  type GatewayUnderTest,
  listen,
  REPLICA,
  SECRET,
  startGateway,
} from './gateway-under-test.conformance.js';
import { rawExchange, rawRequest, statusOf } from './raw-request.conformance.js';

const HUNG = 'f'.repeat(32);

describe('while one of two replicas of keys hangs', () => {
  let upstream: Server;
  let gateway: GatewayUnderTest;
  let hangs = false;
  const ends: (() => void)[] = [];
  let messages: Record<string, number> = {};

  beforeEach(async () => {
    upstream = await listen((_, response) => response.end('x'));
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await gateway.stop();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  });

  const send = () => rawExchange(gateway.port, rawRequest('GET /v1/x', [`Authorization: Bearer ${SECRET}`]));
  /** Answers after the test. */
  const late = () => new Promise<Uint8Array>((resolve) => ends.push(() => resolve(new Uint8Array())));

  /** Two replicas, each on its own subject; `pick` says which one the queue group takes. */
  async function startWith(pick: () => string): Promise<void> {
    hangs = false;
    messages = { [REPLICA]: 0, [HUNG]: 0 };
    gateway = await startGateway(upstream, { down: ['keys'], keysDeadlineMs: 100 });
    const { bus } = gateway;
    const answer = async (replicaId: string, payload: Uint8Array) => {
      messages[replicaId] = (messages[replicaId] ?? 0) + 1;
      if (hangs && replicaId === HUNG) return late();
      return encodeVerifyReplies(
        replicaId,
        decodeVerifyQueries(payload).map(() => encodeFacts(exampleFacts())),
      );
    };
    for (const replicaId of [REPLICA, HUNG]) {
      await bus.answer(verifyReplicaSubject(replicaId), replicaId, (payload) => answer(replicaId, payload));
    }
    await bus.answer(VERIFY_SUBJECT, 'keys', (payload) => answer(pick(), payload));
  }

  it('200 requests of 16 clients have no 503, and the replica holds what was in flight and no more', async () => {
    let turn = 0;
    // Runs of one replica, as chance makes them: a retry in the group would meet the hung one again.
    await startWith(() => (turn++ % 8 < 4 ? HUNG : REPLICA));
    for (let index = 0; index < 8; index++) expect(statusOf(await send())).toBe(200);
    messages[HUNG] = 0;
    hangs = true;
    const statuses: number[] = [];
    let left = 200;
    const client = async () => {
      while (left-- > 0) statuses.push(statusOf(await send()));
    };
    await Promise.all(Array.from({ length: 16 }, client));
    expect(statuses).toEqual(Array(200).fill(200));
    // Eight batches may be in flight; those of them that it held may have been tried once more at it and in the group.
    expect(messages[HUNG]).toBeLessThanOrEqual(3 * 8);
  });

  it('a client that is alone is delayed once, though it was the last to answer and the group always picks it', async () => {
    let next = REPLICA;
    await startWith(() => next);
    expect(statusOf(await send())).toBe(200);
    next = HUNG;
    expect(statusOf(await send())).toBe(200);
    messages[HUNG] = 0;
    hangs = true;
    for (let index = 0; index < 20; index++) expect(statusOf(await send())).toBe(200);
    // By the group, by its name, and by the group once more: all for the first request.
    expect(messages[HUNG]).toBe(3);
  });

  it('finds its way back to the group, and to a replica that goes on', async () => {
    let next = REPLICA;
    await startWith(() => next);
    let skippedMs = 0;
    const { findKey } = keysClient({
      bus: gateway.bus,
      logger: createLogger('gateway', 'silent'),
      deadlineMs: 50,
      onExchange: () => undefined,
      monotonicMs: () => performance.now() + skippedMs,
    });
    const ask = async () => expect(await findKey(digestKey(SECRET))).toMatchObject({ keyId: 'key_1' });
    await ask();
    next = HUNG;
    hangs = true;
    await ask();
    hangs = false;
    messages = { [REPLICA]: 0, [HUNG]: 0 };
    for (let index = 0; index < 3; index++) await ask();
    expect(messages).toEqual({ [REPLICA]: 3, [HUNG]: 0 });
    skippedMs += 5_000;
    for (let index = 0; index < 3; index++) await ask();
    expect(messages).toEqual({ [REPLICA]: 3, [HUNG]: 3 });
  });
});
