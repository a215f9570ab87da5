import { identityMigrations } from '@gatehouse/identity/migrate';
import { keysMigrations } from '@gatehouse/keys/migrate';
import { migrateDatabase } from '@gatehouse/postgres/migrate.client';
import { migrateConfig } from './config.js';

/** The migration as a program: brings the database of `DATABASE_URL` up to date, and can be run again at any time. */
try {
  const config = migrateConfig(process.env);
  const ran = await migrateDatabase(config.DATABASE_URL, config.GATEHOUSE_SECRET, [keysMigrations, identityMigrations]);
  process.stdout.write(ran.length === 0 ? 'The database is up to date.\n' : `Migrated: ${ran.join(', ')}\n`);
} catch (error) {
  process.stderr.write(`gatehouse: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
