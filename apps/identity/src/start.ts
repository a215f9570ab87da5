import { randomBytes } from 'node:crypto';
import type { Bus } from '@gatehouse/bus/bus';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import type { Logger } from '@gatehouse/observability/logger';
import { createMetrics } from '@gatehouse/observability/metrics';
import { nestLogger } from '@gatehouse/observability/nest-logger';
import type { RunningService } from '@gatehouse/observability/running-service';
import { connectDatabase } from '@gatehouse/postgres/data-source.client';
import { NestFactory } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { AccountEntity } from './accounts/account.entity.js';
import { hasAccount } from './accounts/accounts.store.js';
import { identityModule } from './app.module.js';
import { AuditEventEntity } from './audit/audit-event.entity.js';
import type { IdentityConfig } from './config.js';
import { FORGET_EVERY_SECONDS, forgetOld } from './database/retention.store.js';
import { appointAdministrator } from './first-administrator/appoint.js';
import { ClaimTokenEntity } from './first-administrator/claim-token.entity.js';
import { createFirstAdministrator, offerClaim } from './first-administrator/first-administrator.store.js';
import { identityMetrics } from './identity-metrics.js';
import { identityMigrations } from './migrate.js';
import { MembershipEntity } from './organizations/membership.entity.js';
import { OrganizationEntity } from './organizations/organization.entity.js';
import { argon2Hasher } from './password/argon2.client.js';
import { boundedQueue, PASSWORD_WORK_AT_ONCE, PASSWORD_WORK_WAITING } from './password/bounded-queue.js';
import type { PasswordHasher } from './password/hasher.js';
import { PasswordEntity } from './password/password.entity.js';
import { ProjectEntity } from './projects/project.entity.js';
import { SessionEntity } from './sessions/session.entity.js';
import { SignInAttemptEntity } from './sign-in/sign-in-attempt.entity.js';
import { SigningKeyEntity } from './tokens/signing-key.entity.js';
import { loadKeyRing } from './tokens/signing-keys.store.js';

const ENTITIES = [
  AccountEntity,
  AuditEventEntity,
  ClaimTokenEntity,
  MembershipEntity,
  OrganizationEntity,
  PasswordEntity,
  ProjectEntity,
  SessionEntity,
  SignInAttemptEntity,
  SigningKeyEntity,
];

export interface StartIdentity {
  readonly config: IdentityConfig;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly nowMs?: () => number;
  /** Another way of hashing passwords, such as one that counts. */
  readonly hasher?: PasswordHasher;
  /** Whether the metrics of the process are among this service's; not where several services share one. */
  readonly withProcessMetrics?: boolean;
}

export interface RunningIdentity extends RunningService {
  /** The one-time token with which somebody becomes the first administrator; null: there is one. Kept nowhere else. */
  readonly claimToken: string | null;
}

/**
 * Starts the service on a bus. The database has been migrated; the bus is the caller's to drain.
 * @throws Error that names the variable, where the database, the secret or the named administrator is not usable.
 */
export async function startIdentity(options: StartIdentity): Promise<RunningIdentity> {
  const { config } = options;
  const dataSource = await connectDatabase({
    databaseUrl: config.DATABASE_URL,
    rootSecret: config.GATEHOUSE_SECRET,
    database: identityMigrations,
    entities: ENTITIES,
  });
  try {
    return await startOn(dataSource, options);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function startOn(dataSource: DataSource, options: StartIdentity): Promise<RunningIdentity> {
  const { config, bus, logger, nowMs = Date.now } = options;
  const secretFor = (purpose: string) => deriveSecret(config.GATEHOUSE_SECRET, purpose);
  const hasher = options.hasher ?? argon2Hasher(secretFor('password-pepper'));
  const passwordWork = boundedQueue(PASSWORD_WORK_AT_ONCE, PASSWORD_WORK_WAITING);
  const registry = createMetrics('identity', options.withProcessMetrics ?? false);

  const keys = await loadKeyRing(dataSource, secretFor('signing-key-encryption'), nowMs());
  const claimToken = await appointAdministrator(
    { email: config.GATEHOUSE_ADMIN_EMAIL, password: config.GATEHOUSE_ADMIN_PASSWORD },
    {
      nowMs,
      hasher,
      minPasswordLength: config.PASSWORD_MIN_LENGTH,
      hasAccount: () => hasAccount(dataSource.manager),
      createFirstAdministrator: (administrator) => createFirstAdministrator(dataSource, administrator),
      offerClaim: (tokenHash, atMs) => offerClaim(dataSource.manager, tokenHash, atMs),
    },
  );

  const module = identityModule({
    config,
    dataSource,
    keys,
    hasher,
    passwordWork,
    nowMs,
    metrics: identityMetrics(registry, passwordWork),
    dummy: await hasher.hash(randomBytes(32).toString('base64')),
  });
  const app = await NestFactory.createMicroservice(module, {
    strategy: bus.serverStrategy('identity'),
    logger: nestLogger(logger),
  });
  await app.listen();

  const forget = () =>
    forgetOld(dataSource.manager, nowMs()).catch((error: Error) =>
      logger.warn(`old rows were not deleted: ${error.message}`),
    );
  const forgetting = setInterval(() => void forget(), FORGET_EVERY_SECONDS * 1_000).unref();

  return {
    name: 'identity',
    claimToken,
    metrics: registry,
    notReady: async () => [...(await notReadyDatabase(dataSource)), ...(bus.isConnected() ? [] : ['bus'])],
    stop: async () => {
      clearInterval(forgetting);
      await app.close();
      if (dataSource.isInitialized) await dataSource.destroy();
    },
  };
}

async function notReadyDatabase(dataSource: DataSource): Promise<readonly string[]> {
  try {
    await dataSource.query('SELECT 1');
    return [];
  } catch {
    return ['postgres'];
  }
}
