import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inProcessBus } from '@gatehouse/bus/in-process.client';
import { loadCatalog } from '@gatehouse/catalog/catalog.loader';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import { startExampleUpstream } from '@gatehouse/example-upstream/upstream.server';
import { gatewayConfig } from '@gatehouse/gateway/config';
import { startGateway } from '@gatehouse/gateway/start';
import { identityConfig } from '@gatehouse/identity/config';
import type { RenderedMail } from '@gatehouse/identity/mail/mail';
import { identityMigrations } from '@gatehouse/identity/migrate';
import { SIGNING_KEYS_KEY } from '@gatehouse/identity/secret-purposes';
import { startIdentity } from '@gatehouse/identity/start';
import { putSigningKeys } from '@gatehouse/identity/tokens/signing-keys-of-the-run.conformance';
import { keysConfig } from '@gatehouse/keys/config';
import { keysMigrations } from '@gatehouse/keys/migrate';
import { startKeys } from '@gatehouse/keys/start';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { createLogger } from '@gatehouse/observability/logger';
import { migrateDatabase } from '@gatehouse/postgres/migrate.client';
import { ratelimitConfig } from '@gatehouse/ratelimit/config';
import { startRatelimit } from '@gatehouse/ratelimit/start';
import { type TestClock, testClock } from '@gatehouse/testing/clock';
import { DEADLINE_FACTOR } from '@gatehouse/testing/deadline-factor';
import { startTestPostgres } from '@gatehouse/testing/postgres';
import { DataSource } from 'typeorm';
import { type Browser, newBrowser } from './browser.js';

/** The platform for statements about time and mail: all services, and a clock that the test moves. */
export interface PlatformWithClock {
  readonly url: string;
  readonly clock: TestClock;
  readonly admin: { readonly email: string; readonly password: string };
  /** The owner's login to the database, for what is said about what is kept. */
  readonly databaseUrl: string;
  /** A browser of its own: it keeps cookies, and sends the CSRF token as the console does. */
  browser(): Browser;
  /** Waits for the next message to an address that was not waited for before. @throws Error after ten seconds */
  nextMail(to: string): Promise<RenderedMail>;
  stop(): Promise<void>;
}

const builtInProfiles = fileURLToPath(new URL('../profiles', import.meta.url));
const ADMIN = { email: 'admin@example.com', password: 'a quiet river runs north' };

/** Starts every service in this process, over HTTP to the outside. @param more variables beside those that are needed. */
export async function startPlatformWithClock(more: Record<string, string> = {}): Promise<PlatformWithClock> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return { ...(await startAll(more, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  more: Record<string, string>,
  stops: (() => Promise<unknown>)[],
): Promise<Omit<PlatformWithClock, 'stop'>> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-people-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startTestPostgres();
  stops.push(() => postgres.stop());
  const upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
  stops.push(() => upstream.stop());
  const configuration = join(folder, 'gatehouse.yaml');
  await writeFile(configuration, await readFile(new URL('gatehouse.yaml', import.meta.url), 'utf8'));
  const catalog = await loadCatalog(configuration, builtInProfiles);
  const environment = {
    DATABASE_URL: postgres.url,
    GATEHOUSE_SECRET: '6f0c1f5e9a7b4d2c8e3f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d',
    GATEHOUSE_CONFIG: configuration,
    GATEHOUSE_DATA_DIR: folder,
    GATEHOUSE_ADMIN_EMAIL: ADMIN.email,
    GATEHOUSE_ADMIN_PASSWORD: ADMIN.password,
    EXAMPLE_UPSTREAM_URL: upstream.url,
    PUBLIC_URL: 'http://localhost:8080',
    PORT: '0',
    DEADLINE_FACTOR,
    ...more,
  };
  await migrateDatabase(postgres.url, environment.GATEHOUSE_SECRET, [keysMigrations, identityMigrations]);

  const clock = testClock();
  const owner = await new DataSource({ type: 'postgres', url: postgres.url }).initialize();
  const signingKeysKey = deriveSecret(environment.GATEHOUSE_SECRET, SIGNING_KEYS_KEY);
  await putSigningKeys(owner, signingKeysKey, clock.nowMs()).finally(() => owner.destroy());
  const { nowMs } = clock;
  const bus = inProcessBus();
  stops.push(() => bus.drain());
  const mails: RenderedMail[] = [];
  const sendMail = async (mail: RenderedMail) => {
    mails.push(mail);
  };
  const logger = (name: string) => createLogger(name, 'silent');
  const started = async <Service extends { stop(): Promise<unknown> }>(service: Promise<Service>) => {
    const running = await service;
    stops.push(() => running.stop());
    return running;
  };
  const keys = { config: keysConfig(environment), bus, catalog, logger: logger('keys'), nowMs, remindEveryMs: 1_000 };
  await started(startKeys(keys));
  await started(
    startIdentity({
      config: identityConfig(environment),
      bus,
      logger: logger('identity'),
      nowMs,
      sendMail,
      // Tests wait for every message.
      lookForMailEveryMs: 50,
    }),
  );
  await started(startRatelimit({ config: ratelimitConfig(environment), bus, logger: logger('ratelimit'), nowMs }));
  const gateway = { config: gatewayConfig(environment), bus, catalog, logger: logger('gateway'), nowMs };
  const { port } = await started(startGateway(gateway));

  const url = `http://127.0.0.1:${port}`;
  const read = new Set<RenderedMail>();
  return {
    url,
    clock,
    admin: ADMIN,
    databaseUrl: postgres.url,
    browser: () => newBrowser(url),
    nextMail: async (to) => {
      const find = () => mails.find((mail) => mail.to === to && !read.has(mail));
      await waitUntil(`a mail to ${to}`, async () => find() !== undefined, 10_000);
      const mail = find();
      if (mail === undefined) throw new Error('the mail is gone');
      read.add(mail);
      return mail;
    },
  };
}
