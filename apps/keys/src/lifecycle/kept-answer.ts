import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import type { IssueInput } from './issue-key.js';

/** How long a retry with the same Idempotency-Key gets the first answer again. */
export const ANSWER_KEPT_MS = 24 * 3_600_000;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Who may have the answer again: the same account or key of the same organization, with the same Idempotency-Key, for the
 * same request. Nobody gets a secret that they could not have made.
 */
export interface AnswerClaim {
  readonly organizationId: string;
  readonly idempotencyHash: Buffer;
  readonly requestHash: Buffer;
}

/** An answer as it is stored: it holds the secret of the key, so it is readable with a key outside the database only. */
export interface KeptAnswer {
  readonly requestHash: Buffer;
  readonly sealed: Buffer;
}

/** The claim that a request makes; undefined where it carries no Idempotency-Key. */
export function claimOf(input: IssueInput): AnswerClaim | undefined {
  if (input.idempotencyKey === undefined) return undefined;
  const asked = [
    input.actor.accountId,
    input.api,
    input.projectId,
    input.name,
    input.scopes,
    input.roles,
    input.environment ?? null,
    input.expiresAt ?? null,
    input.expiresInDays ?? null,
    input.allowedAddresses,
    Object.entries(input.limits ?? {}).sort(byName),
    input.remainingUses ?? null,
    Object.entries(input.metadata).sort(byName),
  ];
  return {
    organizationId: input.actor.organizationId,
    idempotencyHash: hash('sha256', input.idempotencyKey, 'buffer'),
    requestHash: hash('sha256', JSON.stringify(asked), 'buffer'),
  };
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** Seals an answer with AES-256-GCM, bound to its claim. */
export function sealAnswer(secret: Buffer, claim: AnswerClaim, answer: unknown): KeptAnswer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(boundTo(claim));
  const text = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]);
  return { requestHash: claim.requestHash, sealed: Buffer.concat([nonce, cipher.getAuthTag(), text]) };
}

/** @throws Error where the answer was sealed for another claim or under another secret, or was changed. */
export function openAnswer(secret: Buffer, claim: AnswerClaim, sealed: Buffer): unknown {
  const text = sealed.subarray(NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, NONCE_BYTES))
    .setAAD(boundTo(claim))
    .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return JSON.parse(Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8'));
}

function boundTo(claim: AnswerClaim): Buffer {
  return Buffer.concat([claim.idempotencyHash, claim.requestHash, Buffer.from(claim.organizationId)]);
}
