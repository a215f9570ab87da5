import { parseArgs } from 'node:util';
import { deriveSecret } from '@gatehouse/config/derive-secret';
import { connectDatabase } from '@gatehouse/postgres/data-source.client';
import { normaliseEmail } from '../accounts/email.js';
import { AuditEventEntity } from '../audit/audit-event.entity.js';
import { serverConfig } from '../config.js';
import { identityMigrations } from '../migrate.js';
import { MAIL_KEY, SIGNING_KEYS_KEY } from '../secret-purposes.js';
import { SigningKeyEntity } from '../tokens/signing-key.entity.js';
import { readKeyRing } from '../tokens/signing-keys.store.js';
import { type RecoveredOperator, recoverOperator } from './recover-operator.store.js';

/** How the program ends: 0 done, 1 not done, 2 called in a way that makes no sense. */
export interface ServerRecovery {
  readonly exitCode: 0 | 1 | 2;
  readonly text: string;
}

const USAGE = `Usage: node apps/identity/dist/recover-operator.main.js --email <address>

Removes every second factor of the operator of this installation, ends the sessions of the account and tells its owner by
mail. Needs DATABASE_URL and GATEHOUSE_SECRET, as the service has them.`;

const TEXTS: Readonly<Record<RecoveredOperator['kind'], string>> = {
  recovered: 'Done. Sign in with the password, and set up another second factor at once.',
  not_operator:
    'Refused: this is not the address of the operator. Others get back by a recovery that the operator reviews.',
  no_second_factor: 'Refused: the account has no second factor. A forgotten password is set anew with a mail.',
};

/**
 * The way back for an operator who has lost every factor. Whoever can run this has the database and the root secret: the
 * service's login is derived from it, and the signing keys have to open with it.
 */
export async function recoverOnServer(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): Promise<ServerRecovery> {
  const email = emailOf(args);
  if (email === undefined) return { exitCode: 2, text: USAGE };
  try {
    const { kind } = await recover(email, serverConfig(environment), nowMs);
    return { exitCode: kind === 'recovered' ? 0 : 1, text: TEXTS[kind] };
  } catch (error) {
    return { exitCode: 1, text: `gatehouse: ${(error as Error).message}` };
  }
}

async function recover(email: string, config: ReturnType<typeof serverConfig>, nowMs: number) {
  const { DATABASE_URL: databaseUrl, GATEHOUSE_SECRET: rootSecret } = config;
  const entities = [AuditEventEntity, SigningKeyEntity];
  const dataSource = await connectDatabase({ databaseUrl, rootSecret, database: identityMigrations, entities });
  try {
    await readKeyRing(dataSource.manager, deriveSecret(rootSecret, SIGNING_KEYS_KEY));
    return await recoverOperator(dataSource, normaliseEmail(email), deriveSecret(rootSecret, MAIL_KEY), nowMs);
  } finally {
    await dataSource.destroy();
  }
}

function emailOf(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { email: { type: 'string' } } }).values.email;
  } catch {
    return undefined;
  }
}
