import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** The keys of one run are the same as those of the next. */
const SEED = 'gatehouse-bench';
const ROWS_PER_STATEMENT = 2_500;
const KEYS_PER_ORGANIZATION = 100;

/** What differs from key to key; all else is that of the pattern. */
const INSERT_KEYS = `
  INSERT INTO api_keys (id, organization_id, name, project_id, api, environment, scopes, state, revision, metadata,
    allowed_addresses, created_at, created_by, created_by_role)
  SELECT n.id, n.organization_id, n.name, k.project_id, k.api, k.environment, k.scopes, k.state, 1, k.metadata,
    k.allowed_addresses, k.created_at, k.created_by, k.created_by_role
  FROM unnest($2::text[], $3::text[], $4::text[]) AS n (id, organization_id, name), api_keys k WHERE k.id = $1`;
const INSERT_SECRETS = `
  INSERT INTO key_secrets (key_id, secret_hmac, pepper_version, generation, display, created_at)
  SELECT n.id, n.secret_hmac, s.pepper_version, 1, s.display, s.created_at
  FROM unnest($2::text[], $3::bytea[]) AS n (id, secret_hmac), key_secrets s WHERE s.key_id = $1`;
const INSERT_ORGANIZATIONS = `
  INSERT INTO organizations (organization_id, plan)
  SELECT DISTINCT n.id, o.plan FROM unnest($2::text[]) AS n (id), api_keys k JOIN organizations o USING (organization_id)
  WHERE k.id = $1 ON CONFLICT DO NOTHING`;

/**
 * Fills the database of `keys` with keys as it would have made them itself, all of them like `pattern`, a key that it did
 * make; 100 for each organization. Their secrets go into `file`, one a line, all lines equally long.
 * @param database where and with which secret, for `connectDatabase`.
 * @returns `count`, and `digestAt(index)`: the SHA-256 of the secret in that line.
 */
export async function makeKeys({ count, file, pattern, database }) {
  // Known only after the build.
  const { deriveSecret } = await import('@gatehouse/config/derive-secret');
  const { digestKey, sealDigest } = await import('@gatehouse/key-domain/key-digest');
  const { mintKey } = await import('@gatehouse/key-domain/mint-key');
  const { connectDatabase } = await import('@gatehouse/postgres/data-source.client');
  const pepper = deriveSecret(database.rootSecret, 'key-pepper');
  const seal = (secret) => sealDigest(pepper, digestKey(secret));
  const prefix = pattern.slice(0, -mintKey('').length);
  const digests = Buffer.allocUnsafe(count * 32);

  const keys = await connectDatabase({ ...database, database: { service: 'keys' }, entities: [], poolSize: 1 });
  const lines = createWriteStream(file, { mode: 0o600 });
  try {
    await keys.query('SET statement_timeout = 0');
    const [stored] = await keys.query('SELECT key_id FROM key_secrets WHERE secret_hmac = $1', [seal(pattern)]);
    if (stored === undefined) throw new Error('bench/many-keys.mjs seals secrets otherwise than the keys service does');

    let inserted = Promise.resolve();
    for (let start = 0; start < count; start += ROWS_PER_STATEMENT) {
      const rows = [];
      for (let index = start; index < Math.min(count, start + ROWS_PER_STATEMENT); index += 1) {
        const secret = mintKey(prefix, bytesOf(`secret ${index}`));
        digestKey(secret).copy(digests, index * 32);
        rows.push({ secret, sealed: seal(secret), ...namesOf(index) });
      }
      if (!lines.write(`${rows.map(({ secret }) => secret).join('\n')}\n`)) await once(lines, 'drain');
      // PostgreSQL stores these while the next ones are made.
      await inserted;
      inserted = insert(keys, stored.key_id, rows);
      inserted.catch(() => undefined);
    }
    await inserted;
    await keys.query('ANALYZE api_keys, key_secrets, organizations');
  } finally {
    lines.end();
    await once(lines, 'close');
    await keys.destroy();
  }
  return { count, digestAt: (index) => digests.subarray(index * 32, (index + 1) * 32) };
}

async function insert(keys, patternId, rows) {
  const column = (name) => rows.map((row) => row[name]);
  await keys.query(INSERT_ORGANIZATIONS, [patternId, column('organizationId')]);
  await keys.query(INSERT_KEYS, [patternId, column('keyId'), column('organizationId'), column('name')]);
  await keys.query(INSERT_SECRETS, [patternId, column('keyId'), column('sealed')]);
}

/** Ids of the length that real ones have. */
function namesOf(index) {
  const id = (of) => bytesOf(of).toString('hex').slice(0, 22);
  return {
    keyId: `key_${id(`key ${index}`)}`,
    organizationId: `org_${id(`organization ${Math.floor(index / KEYS_PER_ORGANIZATION)}`)}`,
    name: `bench ${index}`,
  };
}

function bytesOf(text) {
  return createHash('sha256').update(`${SEED} ${text}`).digest();
}
