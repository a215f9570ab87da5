import { VERIFY_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';
import { signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';
import { type Attempt, sendEach } from './load.js';

/** A million take some minutes: `GARBAGE_REQUESTS=1000000 npm run jest -- test/garbage.spec.ts`. */
const REQUESTS = Number(process.env['GARBAGE_REQUESTS'] ?? 20_000);

const PREFIX = 'ex_live_';
const bearer = (secret: string): Attempt => ({ headers: { authorization: `Bearer ${secret}` } });

/** A key, and its `place`th digit changed by `change`. */
function edited(place: number, change: (digit: string) => string): string {
  const key = mintKey(PREFIX);
  const at = PREFIX.length + (place % (key.length - PREFIX.length));
  return key.slice(0, at) + change(key.charAt(at)) + key.slice(at + 1);
}

function swapped(place: number): string {
  const key = mintKey(PREFIX);
  for (let at = PREFIX.length + (place % 40); ; at++) {
    const [one = '', other = ''] = key.slice(at, at + 2);
    if (one !== other) return key.slice(0, at) + other + one + key.slice(at + 2);
  }
}

/** Everything that is no key, by what is wrong with it. */
const GARBAGE: Readonly<Record<string, (round: number) => Attempt>> = {
  'no credential': () => ({}),
  'the scheme alone': () => ({ headers: { authorization: 'Bearer' } }),
  'another scheme': () => ({ headers: { authorization: `Basic ${mintKey(PREFIX)}` } }),
  'no scheme': () => ({ headers: { authorization: mintKey(PREFIX) } }),
  'a header that is not for it': () => ({ headers: { 'x-api-key': mintKey(PREFIX) } }),
  'the query string': () => ({ path: `?api_key=${mintKey(PREFIX)}` }),
  'a word': (round) => bearer(`secret${round}`),
  'a prefix alone': () => bearer(PREFIX),
  'another prefix': () => bearer(mintKey('ex_prod_')),
  'the prefix of another API': () => bearer(mintKey('sk-')),
  'no prefix': () => bearer(mintKey('')),
  'one digit too few': () => bearer(mintKey(PREFIX).slice(0, -1)),
  'one digit too many': () => bearer(`${mintKey(PREFIX)}0`),
  'a long text': (round) => bearer(PREFIX + 'a'.repeat(1_000 + (round % 3_000))),
  'another alphabet': (round) => bearer(edited(round, () => '-_.~+/=%é'.charAt(round % 9))),
  capitals: () => bearer(mintKey(PREFIX).toUpperCase()),
  'a digit changed': (round) => bearer(edited(round, (digit) => (digit === 'x' ? 'y' : 'x'))),
  'neighbours swapped': (round) => bearer(swapped(round)),
  'a check that wraps around': () => bearer(`${mintKey(PREFIX).slice(0, -6)}zzzzzz`),
  'random digits': () => bearer(PREFIX + mintKey('').slice(0, 40) + mintKey('').slice(0, 9)),
};

/** Keys prove themselves offline: what cannot be one costs neither a message nor a statement. */
describe('a flood of what cannot be a key', () => {
  let postgres: TestPostgres;
  let nats: TestNats;
  let upstream: CountingUpstream;
  let platform: ClusterPlatform;
  let owner: pg.Client;
  let spy: NatsConnection;
  /** The subjects of all messages on the bus, one by one. */
  let messages: string[] = [];
  let url: string;

  beforeAll(async () => {
    [postgres, nats, upstream] = await Promise.all([startTestPostgres(), startTestNats(), startCountingUpstream()]);
    owner = await countStatements(postgres);
    platform = await startClusterPlatform({
      exampleUpstreamUrl: upstream.url,
      databaseUrl: postgres.url,
      natsUrl: nats.url,
      redis: false,
      configuration: `apis: [{ name: exante, profile: exante, upstream: "${upstream.url}" }]`,
    });
    url = `${platform.url}/apis/exante/`;
    spy = await connect({ servers: `127.0.0.1:${nats.port}` });
    spy.subscribe('>', { callback: (_error, { subject }) => void messages.push(subject) });
    await spy.flush();
  });
  afterAll(async () => {
    await spy?.close();
    await platform?.stop();
    await owner?.end();
    await Promise.all([postgres?.stop(), nats?.stop(), upstream?.stop()]);
  });

  /** How often the keys service has looked for secrets since the last call. */
  async function lookups(): Promise<number> {
    const { rows } = await owner.query(
      `SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
       WHERE r.rolname = 'gatehouse_keys' AND query ~ 'FROM key_secrets' AND query !~ 'count'`,
    );
    await owner.query('SELECT pg_stat_statements_reset()');
    return rows[0].calls;
  }

  it(
    `costs no statement and no message: ${REQUESTS} requests, ${Object.keys(GARBAGE).length} ways to be none`,
    async () => {
      const ways = Object.values(GARBAGE);
      await lookups();
      messages = [];
      const tally = await sendEach(url, REQUESTS, 32, (round) => {
        const way = ways[round % ways.length];
        return way === undefined ? {} : way(round);
      });
      expect(tally).toEqual({ 401: REQUESTS });
      await spy.flush();
      expect([await lookups(), messages]).toEqual([0, []]);
      expect(upstream.requestsOf('undefined')).toBe(0);
    },
    60_000 + REQUESTS * 5,
  );

  it('is counted here: what could be a key, and is none, costs a statement for each batch at most', async () => {
    messages = [];
    const tally = await sendEach(url, 3_000, 64, () => bearer(mintKey(PREFIX)));
    expect([tally[200], upstream.requestsOf('undefined')]).toEqual([undefined, 0]);
    await spy.flush();
    const batches = messages.filter((subject) => subject.startsWith(VERIFY_SUBJECT)).length;
    const statements = await lookups();
    expect(batches).toBeLessThan(3_000);
    expect(statements).toBeLessThanOrEqual(batches);
    expect(statements).toBeGreaterThan(0);
  });

  it('keeps nobody out: a key that is one gets through meanwhile', async () => {
    const { id, key } = await (await signInAdministrator(platform)).createKey('exante');
    const [garbage, good] = await Promise.all([
      sendEach(url, 1_000, 16, (round) => bearer(swapped(round))),
      sendEach(url, 100, 4, () => bearer(key)),
    ]);
    expect([garbage, good]).toEqual([{ 401: 1_000 }, { 200: 100 }]);
    expect(upstream.requestsOf(id)).toBe(100);
  });
});

/** Lets PostgreSQL count statements by role; the module comes with the packaged server, and is loaded by a restart. */
async function countStatements(postgres: TestPostgres): Promise<pg.Client> {
  const before = new pg.Client(postgres.url);
  await before.connect();
  await before.query("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
  await before.end();
  await postgres.kill();
  await postgres.restart();
  const owner = new pg.Client(postgres.url);
  await owner.connect();
  await owner.query('CREATE EXTENSION pg_stat_statements');
  return owner;
}
