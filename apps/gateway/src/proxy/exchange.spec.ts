import type { Server } from 'node:http';
import { connectNats } from '@gatehouse/bus/nats.client';
import type { LimiterOutage } from '@gatehouse/catalog/api';
import { TAKE_SUBJECT, VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { encodeFacts, encodeVerifyReplies } from '@gatehouse/contracts/verify-records';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { createLogger } from '@gatehouse/observability/logger';
import { startTestNats } from '@gatehouse/testing/nats';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { keysClient } from '../edge/keys.client.js';
import {
  exampleFacts,
  type GatewayUnderTest,
  listen,
  portOf,
  REPLICA,
  SECRET,
  startGateway,
} from './gateway-under-test.conformance.js';
import { bodyOf, rawExchange, rawRequest, statusOf } from './raw-request.conformance.js';

const KEY = `Authorization: Bearer ${SECRET}`;

let upstream: Server;
let reached = 0;
let gateway: GatewayUnderTest;

beforeEach(async () => {
  reached = 0;
  upstream = await listen((_, response) => {
    reached++;
    response.end('x');
  });
});

/** Answers after the test. */
const late = () => new Promise<Uint8Array>((resolve) => ends.push(() => resolve(new Uint8Array())));
let ends: (() => void)[] = [];

afterEach(async () => {
  for (const end of ends) end();
  ends = [];
  await gateway.stop();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
});

const send = () => rawExchange(gateway.port, rawRequest('GET /v1/x', [KEY]));

describe('the exchange with the services', () => {
  /** Lets k requests come in over k connections and hands them to the data plane in one turn. */
  async function sendInOneTurn(count: number): Promise<string[]> {
    const held: Parameters<GatewayUnderTest['dataPlane']['handle']>[] = [];
    const gate = await listen((request, response) => {
      held.push([request, response]);
      if (held.length === count) for (const pair of held) gateway.dataPlane.handle(...pair);
    });
    const answers = await Promise.all(
      Array.from({ length: count }, () => rawExchange(portOf(gate), rawRequest('GET /v1/x', [KEY]))),
    );
    gate.close();
    return answers;
  }

  it('carries k requests of one event-loop turn in one message to keys and one to the limiter', async () => {
    gateway = await startGateway(upstream);
    expect((await sendInOneTurn(40)).map(statusOf)).toEqual(Array(40).fill(200));
    expect(gateway.verifyBatches[0]).toBe(40);
    expect(gateway.takeBatches).toEqual([40]);
  });

  it('puts two messages and two replies on NATS for k requests of one turn, counted by a subscriber to everything', async () => {
    const nats = await startTestNats();
    const spy = await connect({ servers: nats.url });
    const seen: string[] = [];
    spy.subscribe('>', {
      callback: (_error, message) => void seen.push(message.subject.replace(/^_INBOX.*/, 'reply')),
    });
    await spy.flush();
    const logger = createLogger('gateway', 'silent');
    const bus = await connectNats({ url: nats.url, name: 'gateway', logger });
    gateway = await startGateway(upstream, { bus, usageEveryMs: 3_600_000 });
    expect((await sendInOneTurn(40)).map(statusOf)).toEqual(Array(40).fill(200));
    await spy.flush();
    expect(seen.slice(0, 4)).toEqual([VERIFY_SUBJECT, 'reply', TAKE_SUBJECT, 'reply']);
    // On a busy machine answers take so long that their keys are asked for anew; nobody is charged anew.
    expect(seen.filter((subject) => subject === TAKE_SUBJECT)).toHaveLength(1);
    expect(gateway.verifyBatches[0]).toBe(40);
    await spy.close();
    await gateway.bus.drain();
    await nats.stop();
  });

  it('carries a request that is alone at once, and asks anew for every request', async () => {
    gateway = await startGateway(upstream);
    for (let index = 0; index < 5; index++) expect(statusOf(await send())).toBe(200);
    expect(gateway.verifyBatches).toEqual([1, 1, 1, 1, 1]);
    expect(gateway.takeBatches).toEqual([1, 1, 1, 1, 1]);
  });

  it('charges the key and its organization under the plan of the key, in windows of the API', async () => {
    gateway = await startGateway(upstream);
    const asked: unknown[] = [];
    gateway.answerTake((query) => {
      asked.push(query);
      return { kind: 'unavailable' };
    });
    await send();
    expect(asked).toEqual([
      {
        cost: 1,
        subjects: [
          { subject: 'key:key_1', limits: [{ windowSeconds: 60, quota: 60 }] },
          { subject: 'org:org_1:example', limits: [{ windowSeconds: 60, quota: 100 }] },
        ],
      },
    ]);
  });

  it('takes the default plan where the key’s is not one of the API, and asks no limiter where nothing is limited', async () => {
    gateway = await startGateway(upstream, { api: { plans: { free: { key: [], organization: [], keysMax: null } } } });
    gateway.keys.set(digestKey(SECRET).toString('hex'), exampleFacts({ plan: 'of another time' }));
    expect(statusOf(await send())).toBe(200);
    expect(gateway.takeBatches).toEqual([]);
  });
});

describe('while the keys service is down', () => {
  it('every request is 503 with Retry-After, never 401 and never 200', async () => {
    gateway = await startGateway(upstream, { down: ['keys'] });
    const unknown = mintKey('ex_live_', Buffer.alloc(32, 3));
    for (const secret of [SECRET, unknown]) {
      const answer = await rawExchange(gateway.port, rawRequest('GET /v1/x', [`Authorization: Bearer ${secret}`]));
      expect(statusOf(answer)).toBe(503);
      expect(bodyOf(answer)).toMatchObject({ error: 'verification_unavailable', key: null });
      expect(answer).toMatch(/\r\nretry-after: 1\r\n/i);
    }
    expect(reached).toBe(0);
  });

  it.each([
    ['does not answer in time', late],
    ['throws', () => Promise.reject(new Error('broken'))],
    ['answers nonsense', async () => Buffer.from('nonsense')],
    ['answers too few', async () => encodeVerifyReplies(REPLICA, [])],
    ['cannot find out', async () => encodeVerifyReplies(REPLICA, ['unavailable'])],
    ['confirms what was never said', async () => encodeVerifyReplies(REPLICA, ['unchanged'])],
  ])('also when it %s', async (_, answerer) => {
    gateway = await startGateway(upstream, { down: ['keys'], keysDeadlineMs: 50 });
    await gateway.bus.answer(VERIFY_SUBJECT, 'keys', answerer);
    expect(statusOf(await send())).toBe(503);
    expect(reached).toBe(0);
  });

  it.each([
    ['says so', async () => encodeVerifyReplies(REPLICA, ['unavailable'])],
    ['throws', () => Promise.reject(new Error('broken'))],
    ['does not answer', late],
  ])('a key that was good a moment ago is refused as well when it %s', async (_, answerer) => {
    gateway = await startGateway(upstream, { down: ['keys'], keysDeadlineMs: 50 });
    let answer: () => Promise<Uint8Array> = async () => encodeVerifyReplies(REPLICA, [encodeFacts(exampleFacts())]);
    await gateway.bus.answer(VERIFY_SUBJECT, 'keys', () => answer());
    expect(statusOf(await send())).toBe(200);
    answer = answerer;
    expect(statusOf(await send())).toBe(503);
    expect(reached).toBe(1);
  });

  it('one replica that does not answer costs nothing: the question is asked once more', async () => {
    gateway = await startGateway(upstream, { down: ['keys'] });
    const { bus } = gateway;
    let asked = 0;
    await bus.answer(VERIFY_SUBJECT, 'keys', async () => {
      asked++;
      return asked === 1 ? late() : encodeVerifyReplies(REPLICA, ['unknown']);
    });
    const { findKey } = keysClient({
      bus,
      logger: createLogger('gateway', 'silent'),
      deadlineMs: 50,
      onExchange: () => undefined,
      monotonicMs: () => performance.now(),
    });
    expect(await findKey(digestKey(SECRET))).toBe('unknown');
    expect(asked).toBe(2);
  });
});

describe('while the limiter is down', () => {
  const startWith = async (limiterOutage: LimiterOutage, quota: number) => {
    const limits = [{ windowSeconds: 86_400, quota }];
    const plans = { free: { key: limits, organization: [], keysMax: null } };
    gateway = await startGateway(upstream, { down: ['ratelimit'], api: { limiterOutage, plans }, nowMs: () => 1_000 });
  };
  const statuses = async (count: number) => {
    const all: number[] = [];
    for (let index = 0; index < count; index++) all.push(statusOf(await send()));
    return all;
  };
  const outages = async (policy: string) =>
    (await gateway.metrics.metrics()).match(
      new RegExp(`outage_total\\{api="example",policy="${policy}"\\} (\\d+)`),
    )?.[1];

  it('`deny` refuses every request with 503 and Retry-After', async () => {
    await startWith('deny', 10);
    const answer = await send();
    expect(statusOf(answer)).toBe(503);
    expect(bodyOf(answer)).toMatchObject({ error: 'limits_unavailable' });
    expect(answer).toMatch(/\r\nretry-after: 1\r\n/i);
    expect(reached).toBe(0);
    expect(await outages('deny')).toBe('1');
  });

  it('`allow` lets every request through, and counts each', async () => {
    await startWith('allow', 1);
    expect(await statuses(5)).toEqual([200, 200, 200, 200, 200]);
    expect(await outages('allow')).toBe('5');
  });

  it('`local` enforces the share of this gateway, one of two, also against many at once', async () => {
    await startWith('local', 9);
    const all = await Promise.all(Array.from({ length: 20 }, () => send()));
    expect(all.filter((answer) => statusOf(answer) === 200)).toHaveLength(4);
    expect(all.filter((answer) => statusOf(answer) === 429)).toHaveLength(16);
    expect(reached).toBe(4);
    expect(await outages('local')).toBe('20');
  });

  it('never lets a key through that is not good', async () => {
    await startWith('allow', 1);
    gateway.keys.clear();
    expect(await statuses(1)).toEqual([401]);
  });

  it('is never asked twice for one request: a charge whose answer is late may have counted', async () => {
    gateway = await startGateway(upstream, {
      down: ['ratelimit'],
      limitsDeadlineMs: 50,
      api: { limiterOutage: 'deny' },
    });
    let asked = 0;
    await gateway.bus.answer(TAKE_SUBJECT, 'ratelimit', () => {
      asked++;
      return late();
    });
    expect(statusOf(await send())).toBe(503);
    expect(asked).toBe(1);
  });
});
