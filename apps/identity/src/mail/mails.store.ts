import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import { inTransaction, rowsOf } from '../database/rows.store.js';
import { newId } from '../new-id.js';
import { openSealed, seal } from '../tokens/seal.js';
import { type Mail, retryAtMs, type SendMail } from './mail.js';
import { MAIL_TEMPLATES, type MailTemplate, renderMail } from './templates.js';

/** Messages that one round sends at most; the next one follows at once where there may be more. */
const MOST_AT_ONCE = 20;
/** A server that a process did not finish with: another one tries after this long. */
const CLAIM_SECONDS = 60;

/** Puts a message into the outbox, in the transaction of the change that it tells of: both stand, or neither. */
export async function queueMail(manager: EntityManager, mail: Mail, sealingKey: Buffer, nowMs: number): Promise<void> {
  const id = newId('mail');
  const parameters = seal(sealingKey, sealedFor(id), Buffer.from(JSON.stringify(mail.parameters)));
  await rowsOf(
    manager,
    `INSERT INTO mails (id, account_id, recipient, template, sealed_parameters, created_at, next_attempt_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6)`,
    [id, mail.accountId, mail.to, mail.template, parameters, new Date(nowMs)],
  );
}

interface DueRow {
  id: string;
  recipient: string;
  template: string;
  sealed_parameters: Buffer | null;
  attempts: number;
}

/**
 * Sends what is due. A message is claimed by a statement that counts the attempt, so that of several replicas one sends it;
 * one that ends in between leaves it to be tried again.
 * @returns how many were claimed.
 */
export async function deliverMails(
  dataSource: DataSource,
  sendMail: SendMail,
  sealingKey: Buffer,
  nowMs: () => number,
  onFailed: (error: Error) => void,
): Promise<number> {
  const claimedAtMs = nowMs();
  const due = await inTransaction(dataSource, (manager) =>
    rowsOf<DueRow>(
      manager,
      `UPDATE mails SET attempts = attempts + 1, next_attempt_at = $2 WHERE id IN
         (SELECT id FROM mails WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT ${MOST_AT_ONCE}
          FOR UPDATE SKIP LOCKED)
       RETURNING id, recipient, template, sealed_parameters, attempts`,
      [new Date(claimedAtMs), new Date(claimedAtMs + CLAIM_SECONDS * 1_000)],
    ),
  );
  await Promise.all(
    due.map(async (row) => {
      try {
        await sendMail({ id: row.id, to: row.recipient, ...rendered(row, sealingKey) });
        await recordSent(dataSource.manager, row.id, nowMs());
      } catch (error) {
        onFailed(error as Error);
        await recordFailed(dataSource.manager, row, nowMs());
      }
    }),
  );
  return due.length;
}

function rendered(row: DueRow, sealingKey: Buffer) {
  const { template } = row;
  if (!isTemplate(template)) throw new Error(`there is no mail template ${template}`);
  const plain = openSealed(sealingKey, sealedFor(row.id), row.sealed_parameters ?? Buffer.alloc(0));
  if (plain === undefined) throw new Error('GATEHOUSE_SECRET: cannot open a mail; was the secret changed?');
  return renderMail(template, z.record(z.string(), z.string()).parse(JSON.parse(plain.toString())));
}

function isTemplate(name: string): name is MailTemplate {
  return Object.hasOwn(MAIL_TEMPLATES, name);
}

async function recordSent(manager: EntityManager, id: string, nowMs: number): Promise<void> {
  await rowsOf(
    manager,
    'UPDATE mails SET sent_at = $2, next_attempt_at = NULL, sealed_parameters = NULL WHERE id = $1',
    [id, new Date(nowMs)],
  );
}

async function recordFailed(manager: EntityManager, { id, attempts }: DueRow, nowMs: number): Promise<void> {
  const nextMs = retryAtMs(attempts, nowMs);
  await rowsOf(
    manager,
    nextMs === undefined
      ? 'UPDATE mails SET failed_at = $2, next_attempt_at = NULL, sealed_parameters = NULL WHERE id = $1'
      : 'UPDATE mails SET next_attempt_at = $2 WHERE id = $1',
    [id, new Date(nextMs ?? nowMs)],
  );
}

function sealedFor(id: string): string {
  return `mail ${id}`;
}
