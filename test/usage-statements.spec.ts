import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@gatehouse/launch/free-port.client';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { createLogger } from '@gatehouse/observability/logger';
import { standaloneConfig } from '@gatehouse/standalone/config';
import { stopAll } from '@gatehouse/standalone/part';
import { startStandalone } from '@gatehouse/standalone/start';
import { DEADLINE_FACTOR } from '@gatehouse/testing/deadline-factor';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { temporaryFolder } from '@gatehouse/testing/temporary-folder';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Administrator, signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';
import { sendMany } from './load.js';

const REQUESTS = 10_000;
const KEYS = 20;

/** Everything in this process, so that every statement can be seen on its way to PostgreSQL. */
describe('what usage costs the database', () => {
  const admin = { email: 'admin@example.com', password: 'a quiet river runs north' };
  const statements: string[] = [];
  const query = pg.Client.prototype.query;
  let postgres: TestPostgres;
  let upstream: CountingUpstream;
  let parts: Awaited<ReturnType<typeof startStandalone>>;
  let administrator: Administrator;
  let url: string;

  beforeAll(async () => {
    pg.Client.prototype.query = function (this: pg.Client, ...input: unknown[]) {
      const [first] = input as [string | { text?: string }];
      statements.push(typeof first === 'string' ? first : (first.text ?? ''));
      return (query as (...args: unknown[]) => unknown).apply(this, input);
    } as typeof query;
    [postgres, upstream] = await Promise.all([startTestPostgres(), startCountingUpstream()]);
    const folder = await temporaryFolder('gatehouse-usage-');
    const port = await freePort();
    const configuration = join(folder, 'gatehouse.yaml');
    await writeFile(
      configuration,
      `apis: [{ name: open, profile: exante, upstream: "${upstream.url}", plans: { free: { key: {}, organization: {} } } }]`,
    );
    const config = standaloneConfig({
      DATABASE_URL: postgres.url,
      GATEHOUSE_DATA_DIR: join(folder, 'data'),
      GATEHOUSE_CONFIG: configuration,
      GATEHOUSE_ADMIN_EMAIL: admin.email,
      GATEHOUSE_ADMIN_PASSWORD: admin.password,
      PORT: String(port),
      DEADLINE_FACTOR,
    });
    parts = await startStandalone(config, createLogger('standalone', 'silent'), () => undefined);
    url = `http://127.0.0.1:${port}`;
    administrator = await signInAdministrator({ url, urls: [url], admin, output: () => '', stop: async () => {} });
  });

  afterAll(async () => {
    pg.Client.prototype.query = query;
    await stopAll(parts ?? []);
    await Promise.all([postgres?.stop(), upstream?.stop()]);
  });

  it(`is less than one statement for 100 requests, over ${REQUESTS} requests with ${KEYS} keys [K-08]`, async () => {
    const keys = await Promise.all(Array.from({ length: KEYS }, () => administrator.createKey('open')));
    statements.length = 0;
    const tallies = await Promise.all(
      keys.map(({ key }) => {
        const headers = { authorization: `Bearer ${key}`, 'user-agent': 'load' };
        return sendMany([`${url}/apis/open/api/invoices`], REQUESTS / KEYS, 1, headers);
      }),
    );
    // A machine that is too busy may answer 503 where no key was verified in time; nothing is told of those.
    const answered = tallies.reduce((sum, tally) => sum + (tally[200] ?? 0), 0);
    expect(answered).toBeGreaterThan(REQUESTS * 0.9);
    const counted = async () => {
      const usage = await Promise.all(
        keys.map(({ id }) => administrator.send('GET', `/api/v1/keys/${id}/usage?days=1`)),
      );
      return usage.reduce((sum, { json }) => sum + (json['totals'] as { requests: number }).requests, 0);
    };
    const ofUsage = () => statements.filter((statement) => /INTO usage_|FROM usage_|key_uses/.test(statement));
    await waitUntil('all of them are counted', async () => (await counted()) === answered, 30_000);
    const writes = ofUsage().filter((statement) => /INSERT|UPDATE|DELETE/.test(statement));
    expect(writes.length).toBeGreaterThan(0);
    expect(writes.length / answered).toBeLessThan(0.01);
  });
});
