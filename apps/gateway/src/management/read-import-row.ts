import { type ImportRow, importRowSchema } from '@gatehouse/contracts/import-row';
import type { importKeys } from '@gatehouse/contracts/imports';
import { digestKey } from '@gatehouse/key-domain/key-digest';
import { readHash } from '@gatehouse/key-domain/read-hash';
import type { z } from 'zod';
import type { ImportRules, PresentedKey } from './import-rules.js';

/** A row as the keys service takes it, and what became of one. */
export type DigestRow = z.output<typeof importKeys.input>['rows'][number];
export type RowOutcome = Extract<z.output<typeof importKeys.output>, { kind: 'settled' }>['outcomes'][number];
type Refused = Extract<RowOutcome, { status: 'refused' }>;

/**
 * Reads one row of an import: with the digest in place of the key, which goes no further than here.
 * @param place of the row in its request, from 1; for a row whose line cannot be read
 */
export function readImportRow(given: unknown, place: number, rules: ImportRules): DigestRow | Refused {
  const parsed = importRowSchema.safeParse(given);
  if (!parsed.success) return invalid(given, place, parsed.error.issues[0]);
  const row = parsed.data;
  const key = row.key === undefined ? ofHash(row, rules) : rules.readKey(row.key);
  if (key === undefined) {
    return row.key === undefined
      ? refuse(row.line, 'unusable_hash', 'hash.algorithm', 'No key of this API is found by a hash of this algorithm.')
      : refuse(row.line, 'unknown_key_form', 'key', 'No key of this API looks like this.');
  }
  if (key.environment !== null && row.environment !== undefined && row.environment !== key.environment) {
    return refuse(row.line, 'unknown_environment', 'environment', 'The key itself says another environment.');
  }
  const told = fieldWithSecret(row, key, rules);
  if (told !== undefined) return refuse(row.line, 'secret_in_text', told, 'This is the key itself.');
  return {
    line: row.line,
    digest: key.digest.toString('base64'),
    display: row.display ?? key.display,
    name: row.name,
    scopes: row.scopes,
    roles: row.roles,
    environment: key.environment ?? row.environment,
    expiresAt: row.expires_at === undefined ? undefined : new Date(row.expires_at).toISOString(),
    metadata: row.metadata,
    allowedAddresses: row.allowed_ips,
    limits: row.limits,
  };
}

function ofHash({ hash }: ImportRow, rules: ImportRules): PresentedKey | undefined {
  const digest = hash && rules.finds(hash.algorithm) ? readHash(hash.encoding, hash.value) : undefined;
  return digest && { digest, display: rules.displayOfHash, environment: null };
}

/** A file whose columns were mixed up would put keys into the list that everybody sees. */
function fieldWithSecret(row: ImportRow, { digest }: PresentedKey, rules: ImportRules): string | undefined {
  const texts = [
    ['name', row.name],
    ['display', row.display ?? ''],
    ...Object.entries(row.metadata).map(([name, value]) => [`metadata.${name}`, value] as const),
  ] as const;
  return texts.find(([, text]) => isSecret(text, row, digest, rules))?.[0];
}

/** Shorter texts are no keys, and so are not worth a hash. */
const SECRET_LENGTH_MIN = 16;

function isSecret(text: string, { key }: ImportRow, digest: Buffer, rules: ImportRules): boolean {
  if (text.length < SECRET_LENGTH_MIN) return false;
  if (key !== undefined) return text.includes(key);
  return digestKey(text).equals(digest) || rules.readKey(text)?.digest.equals(digest) === true;
}

function invalid(given: unknown, place: number, issue: z.core.$ZodIssue | undefined): Refused {
  const stated = typeof given === 'object' && given !== null && 'line' in given ? given.line : undefined;
  const line = Number.isSafeInteger(stated) && Number(stated) > 0 ? Number(stated) : place;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])];
  const field = path.map(String).join('.').slice(0, 200) || 'row';
  return refuse(
    line,
    'validation_error',
    field,
    unknown === undefined ? (issue?.message ?? '') : 'is not a known field',
  );
}

function refuse(line: number, code: Refused['code'], field: string, message: string): Refused {
  return { status: 'refused', line, code, field, message };
}
