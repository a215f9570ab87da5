import { deriveSecret } from '@gatehouse/config/derive-secret';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { roleOf, rolePassword, type ServiceDatabase } from './service-database.js';

/** What a service asks of the database's owner: its schema, its role, its migrations in order. */
export interface ServiceMigrations extends ServiceDatabase {
  readonly migrations: Exclude<DataSourceOptions['migrations'], undefined>;
  /** What the role may do, as GRANT statements; `{role}` stands for its name. Run after every migration. */
  readonly grants: readonly string[];
}

/** Everybody who migrates takes this lock first, so that several starts at once wait for each other. */
const ADVISORY_LOCK = 7_310_417;

/**
 * Brings the database up to date: roles, schemas, migrations, grants. Can be run again at any time, and by several
 * processes at once. Needs a login that may create roles and schemas.
 * @throws Error where the root secret is not the one of the first migration; nothing is changed then.
 * @returns the names of the migrations that were run.
 */
export async function migrateDatabase(
  databaseUrl: string,
  rootSecret: string,
  services: readonly ServiceMigrations[],
): Promise<string[]> {
  const ran: string[] = [];
  const owner = await openOwner(databaseUrl);
  const runner = owner.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    await checkSecret(owner, rootSecret);
    for (const service of services) {
      await prepareRole(owner, rootSecret, service);
      ran.push(...(await runMigrations(databaseUrl, service)));
      for (const grant of service.grants) await owner.query(grant.replaceAll('{role}', roleOf(service)));
    }
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]).catch(() => undefined);
    await runner.release();
    await owner.destroy();
  }
  return ran;
}

/**
 * The first migration leaves a mark that only the same root secret makes again: with another secret the services' logins
 * would change under those that run, and every key and password would read as wrong.
 * @throws Error that names the variable.
 */
async function checkSecret(owner: DataSource, rootSecret: string): Promise<void> {
  const mark = deriveSecret(rootSecret, 'database-mark').toString('hex');
  await owner.query('CREATE SCHEMA IF NOT EXISTS installation');
  await owner.query(
    'CREATE TABLE IF NOT EXISTS installation.secret (one boolean PRIMARY KEY CHECK (one), mark text NOT NULL)',
  );
  await owner.query('INSERT INTO installation.secret VALUES (true, $1) ON CONFLICT DO NOTHING', [mark]);
  const [row] = await owner.query('SELECT mark FROM installation.secret');
  if (row?.mark !== mark) throw new Error('GATEHOUSE_SECRET: this database was set up with another one');
}

async function openOwner(databaseUrl: string): Promise<DataSource> {
  try {
    return await new DataSource({
      type: 'postgres',
      url: databaseUrl,
      connectTimeoutMS: 3_000,
      poolSize: 2,
    }).initialize();
  } catch (error) {
    const { hostname, port, pathname } = new URL(databaseUrl);
    throw new Error(
      `DATABASE_URL: cannot connect to ${hostname}:${port || 5432}${pathname}: ${(error as Error).message}`,
    );
  }
}

async function prepareRole(owner: DataSource, rootSecret: string, service: ServiceDatabase): Promise<void> {
  const role = roleOf(service);
  const exists = await owner.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  // Identifiers and passwords cannot be parameters here; both are made by us from [a-z_] and [0-9a-f].
  const verb = exists.length > 0 ? 'ALTER' : 'CREATE';
  await owner.query(`${verb} ROLE ${role} LOGIN PASSWORD '${rolePassword(rootSecret, service)}'`);
  await owner.query(`CREATE SCHEMA IF NOT EXISTS ${service.service}`);
  await owner.query(`GRANT USAGE ON SCHEMA ${service.service} TO ${role}`);
}

async function runMigrations(databaseUrl: string, service: ServiceMigrations): Promise<string[]> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url: databaseUrl,
    schema: service.service,
    migrations: service.migrations,
    migrationsTableName: 'migrations',
    extra: { options: `-c search_path=${service.service}` },
    poolSize: 2,
  }).initialize();
  try {
    return (await dataSource.runMigrations({ transaction: 'each' })).map((migration) => migration.name);
  } finally {
    await dataSource.destroy();
  }
}
