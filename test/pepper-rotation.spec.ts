import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bus } from '@gatehouse/bus/bus';
import { call } from '@gatehouse/bus/call.client';
import { connectNats } from '@gatehouse/bus/nats.client';
import { VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { issueKey } from '@gatehouse/contracts/keys';
import { decodeVerifyReplies, encodeVerifyQueries } from '@gatehouse/contracts/verify-records';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { startChild } from '@gatehouse/launch/child.client';
import { type ServiceProcess, startServiceProcess } from '@gatehouse/launch/service-process.client';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { repositoryRoot } from '@gatehouse/testing/platform';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClientProxy } from '@nestjs/microservices';
import pg from 'pg';

const GATEHOUSE_SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0';
const [TWO, THREE] = [2, 3].map((version) => `${version}=${randomBytes(32).toString('base64')}`);

/** docs/pepper-rotation.md, step by step: two replicas of the keys service as processes, over NATS and PostgreSQL. */
describe('a rotation of the pepper [C-03]', () => {
  let nats: TestNats;
  let postgres: TestPostgres;
  let owner: pg.Client;
  let bus: Bus;
  let client: ClientProxy;
  const replicas: ServiceProcess[] = [];
  /** What the replicas logged as a warning or worse. */
  const complaints: string[] = [];

  beforeAll(async () => {
    [nats, postgres] = await Promise.all([startTestNats(), startTestPostgres()]);
    const program = `${repositoryRoot}/apps/standalone/dist/migrate.js`;
    const env = { PATH: process.env['PATH'], DATABASE_URL: postgres.url, GATEHOUSE_SECRET };
    expect(await (await startChild('migrate', process.execPath, [program], { env })).ended).toBe(0);
    owner = new pg.Client(postgres.url);
    await owner.connect();
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    bus = await connectNats({ url: nats.url, name: 'gateway', logger });
    client = bus.clientProxy();
    for (const name of ['keys-1', 'keys-2']) replicas.push(await startReplica(name, {}));
  });
  afterAll(async () => {
    for (const replica of replicas) await replica.child.stop();
    await bus?.drain();
    await owner?.end();
    await Promise.all([nats?.stop(), postgres?.stop()]);
  });

  const environmentOf = (settings: Readonly<Record<string, string>>) => ({
    PATH: process.env['PATH'],
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    GATEHOUSE_SECRET,
    LOG_LEVEL: 'warn',
    ...settings,
  });

  async function startReplica(name: string, settings: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const replica = await startServiceProcess('keys', name, repositoryRoot, environmentOf(settings), (text) =>
      complaints.push(text),
    );
    await replica.waitUntilReady();
    return replica;
  }

  /** As a deployment does it: one after the other, each when the one before has taken its share (minReadySeconds). */
  async function restartEach(settings: Readonly<Record<string, string>>): Promise<void> {
    for (const [index, replica] of [...replicas.entries()]) {
      await replica.child.stop();
      const begun = await startReplica(replica.name, settings);
      replicas[index] = begun;
      await waitUntil('it remembers most keys', async () => (await rememberedBy(begun)) > 450, 30_000, begun.child);
    }
  }

  async function rememberedBy({ internalUrl }: ServiceProcess): Promise<number> {
    const metrics = await (await fetch(`${internalUrl}/metrics`)).text();
    return Number(/^gatehouse_remembered_keys\{.*\} (\d+)$/m.exec(metrics)?.[1]);
  }

  async function createKey(): Promise<string> {
    const organizationId = `org_${randomBytes(8).toString('hex')}`;
    const actor = {
      accountId: 'acc_1',
      organizationId,
      role: 'owner',
      address: '192.0.2.1',
      requestId: 'req_1',
    } as const;
    const answer = await call(client, issueKey, {
      actor,
      api: 'exante',
      projectId: 'prj_1',
      projectSlug: 'default',
      plan: 'free',
      name: 'a key',
      scopes: [],
    });
    if (answer.kind !== 'issued') throw new Error(`not issued: ${JSON.stringify(answer)}`);
    return answer.secret;
  }

  /** Asks about the keys without end, as many at once as there are clients, until it is told to stop. */
  function askWithoutEnd(keys: readonly string[], clients: number) {
    const tally: Record<string, number> = {};
    let over = false;
    const ask = async (from: number) => {
      const some = Array.from({ length: 4 }, (_, place) => keys[(from + place) % keys.length] ?? '');
      const queries = some.map((key) => ({ digest: digestKey(key), knownRevision: 0 }));
      const answer = await bus.request(VERIFY_SUBJECT, encodeVerifyQueries(queries), 3_000);
      return decodeVerifyReplies(answer, some.length).replies.map(({ kind }) => kind as string);
    };
    const asking = Promise.all(
      Array.from({ length: clients }, async (_, index) => {
        for (let from = index * 17; !over; from += 4) {
          for (const kind of await ask(from).catch((error: Error) => [error.message])) {
            tally[kind] = (tally[kind] ?? 0) + 1;
          }
          // No faster than the servers of a small machine can be restarted beside it.
          await pause(10);
        }
      }),
    );
    return {
      tally,
      stop: async () => {
        over = true;
        await asking;
      },
    };
  }

  async function stored(): Promise<Record<number, number>> {
    const { rows } = await owner.query(
      'SELECT pepper_version AS version, count(*)::int AS secrets FROM keys.key_secrets GROUP BY 1',
    );
    return Object.fromEntries(rows.map(({ version, secrets }) => [version, secrets]));
  }

  it('fails no request: 32 clients ask about 500 keys through every step, and get facts and nothing else', async () => {
    const keys: string[] = [];
    while (keys.length < 500) keys.push(...(await Promise.all(Array.from({ length: 20 }, createKey))));
    const traffic = askWithoutEnd(keys, 32);
    const allUnder = (version: number) =>
      waitUntil(`all under ${version}`, async () => Object.keys(await stored()).join() === `${version}`, 30_000);

    await restartEach({ KEY_PEPPERS: `${TWO}` });
    keys.push(await createKey());
    expect(await stored()).toEqual({ 1: 501 });
    await restartEach({ KEY_PEPPERS: `${TWO}`, KEY_PEPPER_CURRENT: '2' });
    keys.push(await createKey());
    await allUnder(2);

    // And once more, so that a pepper goes.
    await restartEach({ KEY_PEPPERS: `${TWO},${THREE}`, KEY_PEPPER_CURRENT: '2' });
    await restartEach({ KEY_PEPPERS: `${TWO},${THREE}`, KEY_PEPPER_CURRENT: '3' });
    keys.push(await createKey());
    await allUnder(3);
    await restartEach({ KEY_PEPPERS: `${THREE}`, KEY_PEPPER_CURRENT: '3' });
    const before = traffic.tally['facts'] ?? 0;
    await waitUntil('all were asked again', async () => (traffic.tally['facts'] ?? 0) > before + 5_000, 30_000);

    await traffic.stop();
    expect([traffic.tally, complaints]).toEqual([{ facts: expect.any(Number) }, []]);
    expect(await stored()).toEqual({ 3: 503 });
  }, 180_000);

  it('is not begun by a process that has none of the peppers: it ends with one clear message', async () => {
    const replica = await startServiceProcess('keys', 'keys-3', repositoryRoot, environmentOf({}));
    expect(await replica.child.ended).toBe(1);
    const message = 'gatehouse: KEY_PEPPERS: pepper 3 is missing; usable secrets that are stored under it: 503';
    expect(replica.child.lastOutput().split('\n')).toContain(message);
  });
});
