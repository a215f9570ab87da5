import { createHash, randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FakeGithub, startFakeGithub } from '@gatehouse/testing/github';
import { type GithubStandIn, startGithubStandIn } from '@gatehouse/testing/github-sign-in';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { type OidcProvider, startOidcProvider } from '@gatehouse/testing/oidc';
import { type ClusterPlatform, startClusterPlatform } from '@gatehouse/testing/platform';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'iovalkey';
import pg from 'pg';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';
import { type BusSpy, spyOnBus } from './secret-scan/bus-spy.js';
import { findSecrets, type Place } from './secret-scan/find-secrets.js';
import { LIFE } from './secret-scan/life.js';
import { dataFolderOf, metricsOf, redisOf, tablesOf } from './secret-scan/places.js';
import { World } from './secret-scan/world.js';

const PUBLIC_URL = 'http://localhost:8080';

/**
 * Every secret is looked for after its whole life, everywhere that something is kept or written: tables, PostgreSQL's
 * files (its log with every statement and value included), messages on the bus, Redis, the output of all processes at the
 * most talkative level, metrics, answers.
 */
describe('secrets [K-02] [L-01] [H-157]', () => {
  let postgres: TestPostgres;
  let nats: TestNats;
  let upstream: CountingUpstream;
  let github: FakeGithub;
  let providers: { readonly github: GithubStandIn; readonly sso: OidcProvider };
  let platform: ClusterPlatform;
  let spy: BusSpy;
  let owner: pg.Client;
  let world: World;

  beforeAll(async () => {
    const servers = [startTestPostgres(), startTestNats(), startCountingUpstream(), startFakeGithub()] as const;
    [postgres, nats, upstream, github] = await Promise.all(servers);
    providers = {
      github: await startGithubStandIn(),
      sso: await startOidcProvider([`${PUBLIC_URL}/auth/sso/callback`]),
    };
    await logAllStatements(postgres);
    const administrator = { email: 'admin@example.com', password: randomBytes(25).toString('hex') };
    const pepper = randomBytes(32).toString('hex');
    spy = await spyOnBus(nats.port);
    platform = await startClusterPlatform({
      exampleUpstreamUrl: upstream.url,
      databaseUrl: postgres.url,
      natsUrl: nats.url,
      environment: {
        LOG_LEVEL: 'debug',
        PUBLIC_URL,
        GITHUB_CLIENT_ID: providers.github.clientId,
        GITHUB_CLIENT_SECRET: providers.github.clientSecret,
        GITHUB_URL: providers.github.url,
        SSO_ISSUER: providers.sso.issuer,
        SSO_CLIENT_ID: providers.sso.clientId,
        SSO_CLIENT_SECRET: providers.sso.clientSecret,
        GITHUB_SECRET_SCANNING_KEYS_URL: github.keysUrl,
        GATEHOUSE_ADMIN_PASSWORD: administrator.password,
        KEY_PEPPERS: `2=${pepper}`,
        KEY_PEPPER_CURRENT: '2',
      },
      configuration: `
apis:
  - name: open
    profile: exante
    upstream: "${upstream.url}"
    importedKeys: [{ prefix: "old_", length: 44, digest: sha256 }]
  - { name: limited, profile: exante, upstream: "${upstream.url}", plans: { free: { key: { day: 1 }, organization: {} } } }
  - { name: people, profile: altrixy, upstream: "${upstream.url}" }
  - { name: down, profile: exante, upstream: "http://127.0.0.1:1" }
`,
    });
    world = new World({ platform, postgres, nats, github, providers, administrator });
    world.remember('setting', pepper);
    world.remember('setting', providers.github.clientSecret);
    world.remember('setting', providers.sso.clientSecret);
    world.remember('setting', platform.cluster.services.keys[0]?.environment['GATEHOUSE_SECRET'] ?? '');
    world.remember('setting', new URL(postgres.url).password);
  });
  afterAll(async () => {
    await owner?.end();
    await spy?.stop();
    await platform?.stop();
    await Promise.all([nats?.stop(), postgres?.stop(), upstream?.stop(), github?.stop()]);
    await Promise.all([providers?.github.stop(), providers?.sso.stop()]);
  });

  async function allPlaces(): Promise<Place[]> {
    const { services, redisUrl } = platform.cluster;
    return [
      ...(await tablesOf(owner)),
      ...(await dataFolderOf(owner)),
      ...(await redisOf(redisUrl ?? '')),
      ...(await metricsOf(Object.values(services).flat())),
      ...spy.places(),
      ...world.answers,
      { name: 'output', bytes: Buffer.from(platform.output()) },
    ];
  }

  it.each(LIFE)('live: somebody $name', ({ take }) => take(world), 60_000);

  it('are in no place that is not documented, in no form', async () => {
    owner = new pg.Client(postgres.url);
    await owner.connect();
    const kinds = world.canaries.map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(18);
    expect(kinds.filter((kind) => kind === 'key').length).toBeGreaterThan(8);

    const places = await allPlaces();
    // What is looked through is what there is: each of these has what was said or done.
    const bytesOf = (name: string) => places.filter((place) => place.name.startsWith(name)).map(({ bytes }) => bytes);
    const id = world.key.id;
    for (const name of ['table keys.api_keys', 'file base/', 'file log/', 'a message on', 'answer to POST']) {
      expect([name, bytesOf(name).some((bytes) => bytes.includes(id))]).toEqual([name, true]);
    }
    expect(Buffer.concat(bytesOf('Redis')).includes(id)).toBe(true);
    expect(Buffer.concat(bytesOf('output')).includes('"level":20')).toBe(true);
    expect(bytesOf('metrics of').length).toBe(4);

    expect(findSecrets(world.canaries, places)).toEqual([]);
    // Where they are documented to be, they are, and are found.
    const everywhere = places.map(({ name, bytes }) => ({ name, bytes }));
    expect(findSecrets(world.canaries, everywhere)).toEqual(
      expect.arrayContaining([
        'key, as it is: an answer on gatehouse.v1.keys.issue',
        'key, as it is: an answer on gatehouse.v1.keys.rotate',
        'key, as it is: answer to POST /api/v1/keys',
        'key, SHA-256: a message on gatehouse.v1.keys.verify',
        'password, as it is: a message on gatehouse.v1.identity.sign-in',
        'session token, as it is: an answer on gatehouse.v1.identity.sign-in',
        'session token, SHA-256 in hexadecimal: table identity.sessions',
        'password, as it is: a message on gatehouse.v1.identity.sign-up',
        'link token, as it is: a message on gatehouse.v1.identity.email.verify',
        'link token, SHA-256 in hexadecimal: table identity.one_time_tokens',
        'device token, as it is: an answer on gatehouse.v1.identity.devices.remember',
        'challenge, as it is: a message on gatehouse.v1.identity.second-factor.answer',
        'challenge, SHA-256 in hexadecimal: table identity.sign_in_challenges',
        'TOTP secret, as it is: an answer on gatehouse.v1.identity.second-factor.enrol',
        'backup code, as it is: answer to POST /auth/2fa/totp/confirm',
        'access token, as it is: a message on gatehouse.v1.identity.authenticate',
        'refresh token, as it is: an answer on gatehouse.v1.identity.tokens.sign-in',
        'refresh token, as it is: a message on gatehouse.v1.identity.tokens.refresh',
        'refresh token, SHA-256 in hexadecimal: table identity.refresh_tokens',
        'access token, as it is: a message on gatehouse.v1.identity.tokens.judge',
        'link token, as it is: a message on gatehouse.v1.identity.recovery.complete',
        'link token, as it is: a message on gatehouse.v1.identity.recovery.cancel',
        'link token, as it is: a message on gatehouse.v1.identity.invitations.accept',
        'state of a round trip, as it is: answer to GET /auth/github',
        'state of a round trip, SHA-256 in hexadecimal: table identity.federation_round_trips',
        'browser of a round trip, SHA-256 in hexadecimal: table identity.federation_round_trips',
        'CSRF token, as it is: an answer on gatehouse.v1.identity.authenticate',
      ]),
    );
  });

  it('would be found: one that is planted in each place, each in another form, is named', async () => {
    const { secret } = world.key;
    const digest = createHash('sha256').update(secret).digest();
    await owner.query('CREATE TABLE planted (note text, digest bytea)');
    await owner.query('INSERT INTO planted VALUES ($1, $2)', [`the key is ${secret}`, digest]);
    const { rows } = await owner.query('SHOW data_directory');
    const file = join(rows[0].data_directory, 'planted');
    await writeFile(file, Buffer.from(`key: ${secret}`).toString('hex'));
    await spy.publish('gatehouse.v1.keys.list', Buffer.from(`key: ${secret}`).toString('base64'));
    const redis = new Redis(platform.cluster.redisUrl ?? '');
    await redis.set(digest.toString('base64url'), '1');
    redis.disconnect();
    const written = ['output', 'metrics of keys-1', 'answer to GET'].map((name) => ({
      name,
      bytes: Buffer.from(secret),
    }));

    const found = findSecrets(world.canaries, [...(await allPlaces()), ...written]);
    await rm(file);
    expect(found).toEqual(
      expect.arrayContaining([
        'key, as it is: table public.planted',
        'key, SHA-256 in hexadecimal: table public.planted',
        'key, hexadecimal: file planted',
        'key, base64: a message on gatehouse.v1.keys.list',
        'key, SHA-256 in base64: Redis',
        'key, as it is: output',
        'key, as it is: metrics of keys-1',
        'key, as it is: answer to GET',
      ]),
    );
    // In the table's file or the write-ahead log, and in PostgreSQL's own log.
    expect(found.some((place) => /^key, SHA-256: file (base|pg_wal)\//.test(place))).toBe(true);
    expect(found.some((place) => /^key, as it is: file log\//.test(place))).toBe(true);
  });
});

/** Has PostgreSQL write every statement down, with all values; more than anybody should have it do. */
async function logAllStatements(postgres: TestPostgres): Promise<void> {
  const owner = new pg.Client(postgres.url);
  await owner.connect();
  await owner.query("ALTER SYSTEM SET log_statement = 'all'");
  await owner.query('ALTER SYSTEM SET logging_collector = on');
  await owner.end();
  await postgres.kill();
  await postgres.restart();
}
