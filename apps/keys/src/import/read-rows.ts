import type { Api } from '@gatehouse/catalog/api';
import type { importKeys } from '@gatehouse/contracts/imports';
import type { z } from 'zod';
import type { KeyRecord } from '../lifecycle/key-record.js';
import { readAddresses, readEnvironment, readExpiry, readScopes } from '../lifecycle/read-request.js';

export type ImportInput = z.output<typeof importKeys.input>;
export type ImportRow = ImportInput['rows'][number];
export type RowOutcome = Extract<z.output<typeof importKeys.output>, { kind: 'settled' }>['outcomes'][number];
export type RefusedRow = Extract<RowOutcome, { status: 'refused' }>;

/** A row that may become a key, if its digest is not there yet. */
export interface NewImport {
  readonly line: number;
  /** SHA-256 or HMAC-SHA-256 of the key, base64. */
  readonly digest: string;
  readonly key: KeyRecord;
}

/** The moment, and ids for new keys. */
export interface ImportContext {
  readonly nowMs: number;
  readonly newKeyId: () => string;
}

/** Judges one row by the rules that a creation has: the same scopes, environments, moments and addresses. */
export function readRow(row: ImportRow, input: ImportInput, api: Api, context: ImportContext): NewImport | RefusedRow {
  const { actor } = input;
  const scopes = readScopes(row, api, actor);
  if (scopes.kind === 'refused') return refusedRow(row, scopes);
  const environment = readEnvironment(row.environment, api);
  if (environment.kind === 'refused') return refusedRow(row, environment);
  const expiry = readExpiry(row, context.nowMs);
  if (expiry.kind === 'refused') return refusedRow(row, expiry);
  const addresses = readAddresses(row.allowedAddresses);
  if (addresses.kind === 'refused') return refusedRow(row, addresses);
  const key: KeyRecord = {
    keyId: context.newKeyId(),
    revision: 1,
    api: input.api,
    organizationId: actor.organizationId,
    projectId: input.projectId,
    environment: environment.value.environment,
    name: row.name,
    metadata: row.metadata,
    scopes: scopes.value,
    state: 'active',
    allowedAddresses: addresses.value,
    limits: row.limits ?? null,
    remainingUses: null,
    expiresAtMs: expiry.value,
    createdAtMs: context.nowMs,
    createdBy: actor.accountId,
    creatorRole: actor.role,
    revokedAtMs: null,
    revocationReason: null,
    removedAtMs: null,
    secrets: {
      current: { generation: 1, display: row.display, createdAtMs: context.nowMs },
      old: null,
      lastGeneration: 1,
    },
  };
  return { line: row.line, digest: row.digest, key };
}

export function refusedRow(
  { line }: { readonly line: number },
  { code, field, message }: Pick<RefusedRow, 'code' | 'field' | 'message'>,
): RefusedRow {
  return { status: 'refused', line, code, ...(field === undefined ? {} : { field }), message };
}
