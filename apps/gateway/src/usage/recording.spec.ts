import type { Server } from 'node:http';
import { USAGE_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import {
  encodeUsageAnswer,
  type KeyUse,
  type UsageAnswer,
  type UsageReport,
  usageReportSchema,
} from '@gatehouse/contracts/usage-report';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  exampleFacts,
  type GatewayUnderTest,
  listen,
  SECRET,
  startGateway,
} from '../proxy/gateway-under-test.conformance.js';
import { rawExchange, rawRequest } from '../proxy/raw-request.conformance.js';

const KEY = `Authorization: Bearer ${SECRET}`;

describe('what a gateway tells of requests', () => {
  let upstream: Server;
  let gateway: GatewayUnderTest;
  let reports: UsageReport[];

  beforeEach(async () => {
    upstream = await listen((request, response) => {
      if (request.url?.startsWith('/broken')) request.socket.destroy();
      else request.resume().once('end', () => response.end('x'));
    });
    await start({ usageEveryMs: 5 }, () => 'counted');
  });
  afterEach(async () => {
    await gateway.stop();
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  });

  /** Starts a gateway, and a keys service that counts each report once. */
  async function start(settings: Parameters<typeof startGateway>[1], answer: (reportId: string) => UsageAnswer) {
    reports = [];
    gateway = await startGateway(upstream, settings);
    await gateway.bus.answer(USAGE_SUBJECT, 'keys', async (payload) => {
      const report = usageReportSchema.parse(JSON.parse(Buffer.from(payload).toString()));
      if (!reports.some(({ reportId }) => reportId === report.reportId)) reports.push(report);
      return encodeUsageAnswer(answer(report.reportId));
    });
  }

  const restart: typeof start = async (settings, answer) => {
    await gateway.stop();
    await start(settings, answer);
  };
  const setKey = (changes: Partial<KeyFacts>) =>
    gateway.keys.set(digestKey(SECRET).toString('hex'), exampleFacts({ revision: 2, ...changes }));
  const send = (line: string, ...headers: readonly string[]) =>
    rawExchange(gateway.port, rawRequest(line, [KEY, ...headers]));
  const told = (): KeyUse[] => reports.flatMap(({ keys }) => keys);
  const log = () => told().flatMap((key) => key.log);
  const untilLogged = (count: number) => waitUntil('the log', async () => log().length >= count, 15_000);

  it('is who asked, for what, and what came of it', async () => {
    const beforeMs = Date.now();
    await send('GET /v1/invoices/7?token=hidden', 'User-Agent: curl/8');
    await untilLogged(1);
    const [key] = told();
    const caller = { address: '127.0.0.1', userAgent: 'curl/8', route: '* /**' };
    expect(key).toMatchObject({
      keyId: exampleFacts().keyId,
      last: caller,
      hours: [{ requests: 1, refused: 0, cost: 1, unlogged: 0 }],
      scopes: [],
      secrets: [{ generation: 1, retiring: false, uses: 1, callers: [{ uses: 1, ...caller }] }],
      log: [{ method: 'GET', path: '/v1/invoices/7', status: 200, outcome: 'answered', cost: 1, ...caller }],
    });
    expect(key?.log[0]?.requestId).toMatch(/^req_/);
    expect(key?.log[0]?.atMs).toBeGreaterThanOrEqual(beforeMs);
    expect(JSON.stringify(reports)).not.toContain('hidden');
  });

  it.each<[string, Partial<KeyFacts>, string, number, string]>([
    ['revoked', { state: 'revoked' }, 'GET /', 401, 'key_revoked'],
    ['disabled', { state: 'disabled' }, 'GET /', 401, 'key_disabled'],
    ['expired', { expiresAtMs: 1 }, 'GET /', 401, 'key_expired'],
    ['of a retired secret', { secret: { generation: 3, endsAtMs: 1 } }, 'GET /', 401, 'secret_retired'],
    ['used from elsewhere', { allowedAddresses: ['192.0.2.1'] }, 'GET /', 403, 'address_refused'],
    ['without the scope', { scopes: [] }, 'GET /admin/x', 403, 'scope_missing'],
  ])('is also that a key was %s, and then neither cost nor scopes', async (_case, facts, line, status, outcome) => {
    setKey(facts);
    await send(line);
    await untilLogged(1);
    expect(log()).toMatchObject([{ status, outcome, cost: 0 }]);
    expect(told()).toMatchObject([{ hours: [{ requests: 1, refused: 1, cost: 0 }], scopes: [] }]);
  });

  it('is which of two secrets was used, and whether it is the old one of a rotation', async () => {
    setKey({ secret: { generation: 4, endsAtMs: Date.now() + 60_000 } });
    await send('GET /');
    await untilLogged(1);
    expect(told()).toMatchObject([{ secrets: [{ generation: 4, retiring: true, uses: 1 }], log: [{ generation: 4 }] }]);
  });

  it('is also what a limit refused', async () => {
    gateway.answerTake(({ subjects }) => ({
      kind: 'refused',
      retryAfterSeconds: 9,
      windows: subjects.flatMap(({ subject, limits }) =>
        limits.map((limit) => ({ subject, ...limit, remaining: 0, resetAtSeconds: 9 })),
      ),
    }));
    await send('GET /');
    await untilLogged(1);
    expect(log()).toMatchObject([{ status: 429, outcome: 'rate_limited', cost: 0 }]);
  });

  it('is the scopes that a request needed which was let through, also where the upstream then failed', async () => {
    setKey({ scopes: ['admin'] });
    await send('GET /admin/x');
    await send('GET /broken');
    await untilLogged(2);
    const scopes = told().flatMap((key) => key.scopes);
    expect(scopes.map(({ scope }) => scope)).toEqual(expect.arrayContaining(['admin']));
    expect(log().at(-1)).toMatchObject({ status: 502, cost: 1 });
    expect(told().flatMap(({ hours }) => hours.map(({ refused }) => refused))).not.toContain(1);
  });

  it('is nothing where no key of this API is known', async () => {
    await rawExchange(gateway.port, rawRequest('GET /', []));
    await rawExchange(gateway.port, rawRequest('GET /', [`Authorization: Bearer ${mintKey('ex_live_')}`]));
    setKey({ api: 'other' });
    await send('GET /');
    setKey({ revision: 3 });
    await send('GET /marker');
    await untilLogged(1);
    expect(log().map(({ path }) => path)).toEqual(['/marker']);
  });

  it('holds no key that a client put elsewhere, and no hostile text', async () => {
    await send(
      `GET /v1/%65x_live_${SECRET.slice('ex_live_'.length)}/use?key=${SECRET.slice(0, -1)}`,
      `User-Agent: \u009b31m ${SECRET}`,
    );
    await untilLogged(1);
    expect(log()).toMatchObject([{ path: '/v1/ex_live_[redacted]/use', userAgent: '\ufffd31m ex_live_[redacted]' }]);
    expect(JSON.stringify(reports)).not.toContain(SECRET.slice('ex_live_'.length, 20));
  });

  it('holds no management key that a client put into a path', async () => {
    const managementKey = mintKey('ghm_');
    await send(`GET /v1/${managementKey}/use`);
    await untilLogged(1);
    expect(log()).toMatchObject([{ path: '/v1/ghm_[redacted]/use' }]);
  });

  it('holds no piece of a key that lies where a long text is cut off', async () => {
    const long = `${'x'.repeat(230)}/${SECRET}/${'y'.repeat(500)}`;
    await send(`GET /${long}`, `User-Agent: ${long}`);
    await untilLogged(1);
    const [request] = log();
    expect([request?.path.slice(231), request?.userAgent.slice(230)]).toEqual([
      '/ex_live_[redacted]/yyyyy',
      '/ex_live_[redacted]/yyyyyy',
    ]);
  });

  it('is told at the end, with what ended while the gateway drained', async () => {
    await restart({ usageEveryMs: 3_600_000 }, () => 'counted');
    await send('GET /drained');
    expect(log()).toEqual([]);
    await gateway.dataPlane.drain(1_000);
    expect(log().map(({ path }) => path)).toEqual(['/drained']);
  });

  it('counts once, after an outage in which the answer was lost', async () => {
    const ids: string[] = [];
    await restart({ usageEveryMs: 5 }, (reportId) => {
      ids.push(reportId);
      return ids.length < 4 ? 'unavailable' : 'counted';
    });
    await send('GET /one');
    await waitUntil('three tries', async () => ids.length >= 3, 15_000);
    await send('GET /two');
    await untilLogged(2);
    expect(log().map(({ path }) => path)).toEqual(['/one', '/two']);
    expect(new Set(ids).size).toBe(2);
  });
});
