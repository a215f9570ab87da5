import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { boundedQueue } from '@gatehouse/bus/bounded-queue';
import type { Bus } from '@gatehouse/bus/bus';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import type { Logger } from '@gatehouse/observability/logger';
import { createMetrics } from '@gatehouse/observability/metrics';
import type { RunningService } from '@gatehouse/observability/running-service';
import { connectDatabase } from '@gatehouse/postgres/data-source.client';
import type { DataSource } from 'typeorm';
import { AccountEntity } from './accounts/account.entity.js';
import { hasAccount } from './accounts/accounts.store.js';
import { identityModule } from './app.module.js';
import { takeUpAskedMails } from './asked-mails/asked-mails.store.js';
import { AuditEventEntity } from './audit/audit-event.entity.js';
import type { IdentityConfig } from './config.js';
import { FORGET_EVERY_SECONDS, forgetOld } from './database/retention.store.js';
import { federationDoor } from './federation/federation.provider.js';
import { appointAdministrator } from './first-administrator/appoint.js';
import { ClaimTokenEntity } from './first-administrator/claim-token.entity.js';
import { createFirstAdministrator, offerClaim } from './first-administrator/first-administrator.store.js';
import { identityMetrics } from './identity-metrics.js';
import { startDelivery } from './mail/delivery.client.js';
import type { SendMail } from './mail/mail.js';
import { mailer } from './mail/mailer.client.js';
import { mailing } from './mail/mailing.store.js';
import { deliverMails } from './mail/mails.store.js';
import { identityMigrations } from './migrate.js';
import { MembershipEntity } from './organizations/membership.entity.js';
import { OrganizationEntity } from './organizations/organization.entity.js';
import { argon2Hasher } from './password/argon2.client.js';
import type { PasswordHasher } from './password/hasher.js';
import { PasswordEntity } from './password/password.entity.js';
import { PASSWORD_WORK_AT_ONCE, PASSWORD_WORK_WAITING, PASSWORD_WORK_WAITS_MS } from './password/password-work.js';
import { ProjectEntity } from './projects/project.entity.js';
import { MAIL_KEY, ONE_TIME_KEY, SIGNING_KEYS_KEY } from './secret-purposes.js';
import { serveIdentity } from './serve-identity.server.js';
import { SessionEntity } from './sessions/session.entity.js';
import { SignInAttemptEntity } from './sign-in/sign-in-attempt.entity.js';
import { accessTokens } from './tokens/access-tokens.js';
import { liveKeyRing, READ_KEYS_EVERY_SECONDS } from './tokens/live-key-ring.js';
import { SigningKeyEntity } from './tokens/signing-key.entity.js';
import { careForSigningKeys, loadKeyRing, readKeyRing } from './tokens/signing-keys.store.js';

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
  /** Another way of sending mail, such as one that keeps it. */
  readonly sendMail?: SendMail;
  /** How often to look for mail that is to be sent, in place of the usual time between two looks. */
  readonly lookForMailEveryMs?: number;
  /** Where the HTTP port is, in place of IDENTITY_HTTP_PORT on every address; port 0: any free one. */
  readonly http?: { readonly host: string; readonly port: number };
  /** Whether the metrics of the process are among this service's; not where several services share one. */
  readonly withProcessMetrics?: boolean;
}

export interface RunningIdentity extends RunningService {
  /** The one-time token with which somebody becomes the first administrator; null: there is one. Kept nowhere else. */
  readonly claimToken: string | null;
  /** Where the gateway hands sign-ins with a provider on; undefined: no provider is configured. */
  readonly httpUrl: string | undefined;
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
    deadlineFactor: config.DEADLINE_FACTOR,
  });
  try {
    return await startOn(dataSource, options);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function startOn(dataSource: DataSource, options: StartIdentity): Promise<RunningIdentity> {
  const { config, bus, logger, nowMs = Date.now, lookForMailEveryMs: lookEveryMs } = options;
  const secretFor = (purpose: string) => deriveSecret(config.GATEHOUSE_SECRET, purpose);
  const hasher = options.hasher ?? argon2Hasher(secretFor('password-pepper'));
  const passwordWork = boundedQueue({
    atOnce: PASSWORD_WORK_AT_ONCE,
    maxWaiting: PASSWORD_WORK_WAITING,
    longestWaitMs: PASSWORD_WORK_WAITS_MS * config.DEADLINE_FACTOR,
  });
  const registry = createMetrics('identity', options.withProcessMetrics ?? false);

  const keysSecret = secretFor(SIGNING_KEYS_KEY);
  const keys = liveKeyRing(
    await loadKeyRing(dataSource, keysSecret, nowMs()),
    () => readKeyRing(dataSource.manager, keysSecret),
    () => performance.now(),
  );
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

  const mailKey = secretFor(MAIL_KEY);
  const mails = mailing(config.PUBLIC_URL, mailKey, secretFor(ONE_TIME_KEY));
  const tokens = accessTokens(keys, config.PUBLIC_URL, nowMs);
  const metrics = identityMetrics(registry, passwordWork);
  const federation = federationDoor({
    config,
    dataSource,
    mailing: mails,
    nowMs,
    issueAccessToken: tokens.issueFor,
    countSignIn: metrics.countSignIn,
    failed: (provider, error) =>
      logger.warn({ provider, reason: (error as Error).message }, 'a provider cannot be used'),
  });
  const module = identityModule({
    dataSource,
    minPasswordLength: config.PASSWORD_MIN_LENGTH,
    keys,
    tokens,
    secretFor,
    hasher,
    passwordWork,
    nowMs,
    mailing: mails,
    metrics,
    federation,
    dummy: await hasher.hash(randomBytes(32).toString('base64')),
  });
  const served = await serveIdentity(module, {
    bus,
    logger,
    http: federation.configured.length === 0 ? undefined : { port: config.IDENTITY_HTTP_PORT, ...options.http },
  });

  const forget = () =>
    forgetOld(dataSource.manager, nowMs()).catch((error: Error) =>
      logger.warn(`old rows were not deleted: ${error.message}`),
    );
  const forgetting = setInterval(() => void forget(), FORGET_EVERY_SECONDS * 1_000).unref();

  const careForKeys = () =>
    careForSigningKeys(dataSource, keysSecret, nowMs())
      .then(() => keys.reload())
      .catch((error: Error) => logger.warn(`the signing keys were not looked after: ${error.message}`));
  const caring = setInterval(() => void careForKeys(), READ_KEYS_EVERY_SECONDS * 1_000).unref();

  const delivery = startDelivery(deliveryOf(dataSource, options, mailKey), logger, lookEveryMs);
  // Nothing to send at once: rounds that follow questions closely would slow down answers by what they find.
  const asked = startDelivery(() => takeUpAskedMails(dataSource, mails, nowMs).then(() => 0), logger, lookEveryMs);

  return {
    name: 'identity',
    claimToken,
    httpUrl: served.httpUrl,
    metrics: registry,
    notReady: async () => [...(await notReadyDatabase(dataSource)), ...(bus.isConnected() ? [] : ['bus'])],
    stop: async () => {
      clearInterval(forgetting);
      clearInterval(caring);
      await served.close();
      await delivery.stop();
      await asked.stop();
      if (dataSource.isInitialized) await dataSource.destroy();
    },
  };
}

function deliveryOf(dataSource: DataSource, options: StartIdentity, sealingKey: Buffer): () => Promise<number> {
  const { config, logger, nowMs = Date.now } = options;
  const outboxFolder = join(config.GATEHOUSE_DATA_DIR, 'outbox');
  const { SMTP_URL: smtpUrl, MAIL_FROM: from, PUBLIC_URL: publicUrl } = config;
  const sendMail = options.sendMail ?? mailer({ smtpUrl, outboxFolder, from, publicUrl });
  const onFailed = (error: Error) => logger.warn(`a mail was not sent: ${error.message}`);
  return () => deliverMails(dataSource, sendMail, sealingKey, nowMs, onFailed);
}

async function notReadyDatabase(dataSource: DataSource): Promise<readonly string[]> {
  try {
    await dataSource.query('SELECT 1');
    return [];
  } catch {
    return ['postgres'];
  }
}
