import { hash, randomBytes } from 'node:crypto';
import { call } from '@gatehouse/bus/call.client';
import { anApi } from '@gatehouse/catalog/an-api.conformance';
import type { Actor } from '@gatehouse/contracts/actor';
import { exportKeys, importKeys } from '@gatehouse/contracts/imports';
import { disableKey, issueKey, removeKey, revokeKey } from '@gatehouse/contracts/keys';
import { connectDatabase } from '@gatehouse/postgres/data-source.client';
import { afterEach, describe, expect, it } from '@jest/globals';
import { actor, auditOf, issued, request, SECRET, verify, withKeys } from '../keys-under-test.conformance.js';
import { onlyPepper } from '../secrets/peppers.js';
import { ImportsStore } from './imports.store.js';
import { readRow } from './read-rows.js';

const tests = withKeys();

/** Keys of a former system. */
const secrets = (count: number) => Array.from({ length: count }, () => `old_${randomBytes(12).toString('hex')}`);
const row = (line: number, secret: string, changes: object = {}) => ({
  line,
  digest: hash('sha256', secret, 'base64'),
  display: `old_...${secret.slice(-4)}`,
  name: `Key ${line}`,
  scopes: ['invoices.read'],
  roles: [],
  metadata: {},
  allowedAddresses: [],
  ...changes,
});
type Row = ReturnType<typeof row>;
const rowsOf = (keys: readonly string[]) => keys.map((secret, index) => row(index + 1, secret));
const batch = (by: Actor, rows: readonly Row[], changes: object = {}) => ({
  actor: by,
  importId: 'move-1',
  api: 'exante',
  projectId: 'prj_1',
  plan: 'free',
  rows: [...rows],
  ...changes,
});

async function send(by: Actor, rows: readonly Row[], changes: object = {}) {
  const answer = await call(tests.client, importKeys, batch(by, rows, changes), 60_000);
  if (answer.kind !== 'settled') throw new Error(answer.kind);
  return answer.outcomes;
}
const statuses = (outcomes: Awaited<ReturnType<typeof send>>) =>
  outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.code : outcome.status));
const idOf = (outcome: Awaited<ReturnType<typeof send>>[number] | undefined) =>
  outcome !== undefined && outcome.status !== 'refused' ? outcome.keyId : '';
function tally(values: readonly string[]): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const value of values) sum[value] = (sum[value] ?? 0) + 1;
  return sum;
}

interface Asked {
  readonly actor: Actor;
  readonly keyId: string;
}

/** Everything that the database holds of an organization's keys. */
async function storedOf({ organizationId }: Actor) {
  const { rows } = await tests.owner.query(
    `SELECT k.*, s.* FROM keys.api_keys k JOIN keys.key_secrets s ON s.key_id = k.id
     WHERE k.organization_id = $1 ORDER BY k.id`,
    [organizationId],
  );
  return rows;
}

describe('an import of keys', () => {
  it('makes a key of each digest, which works from then on as its row says', async () => {
    const by = actor();
    const [plain = '', rich = ''] = secrets(2);
    const changes = {
      scopes: ['invoices.*'],
      roles: ['reader'],
      environment: 'test',
      expiresAt: '2030-01-01T00:00:00.000Z',
      metadata: { team: 'a' },
      allowedAddresses: ['2001:DB8::/32'],
      limits: { minute: 5 },
    };
    const outcomes = await send({ ...by, role: 'admin' }, [row(1, plain), row(2, rich, changes)]);
    expect(statuses(outcomes)).toEqual(['imported', 'imported']);
    expect(await verify(tests, plain)).toMatchObject({
      kind: 'facts',
      facts: {
        keyId: idOf(outcomes[0]),
        organizationId: by.organizationId,
        projectId: 'prj_1',
        plan: 'free',
        environment: 'live',
        scopes: ['invoices.read'],
        state: 'active',
        revision: 1,
        expiresAtMs: null,
        secret: { generation: 1, endsAtMs: null },
      },
    });
    expect(await verify(tests, rich)).toMatchObject({
      facts: {
        environment: 'test',
        scopes: ['invoices.read', 'invoices.write', 'invoices.void'],
        expiresAtMs: Date.UTC(2030, 0, 1),
        metadata: { team: 'a' },
        allowedAddresses: ['2001:db8::/32'],
        limits: [{ windowSeconds: 60, quota: 5 }],
        creatorRole: 'admin',
      },
    });
  });

  it('takes 1,000 rows at once, and of each key that is there twice the first', async () => {
    const by = actor();
    const keys = secrets(900);
    const rows = rowsOf([...keys, ...keys.slice(0, 100)]);
    const outcomes = await send(by, rows);
    expect(tally(statuses(outcomes))).toEqual({ imported: 900, exists: 100 });
    expect(outcomes.map(({ line }) => line)).toEqual(rows.map(({ line }) => line));
    for (const index of [0, 50, 99]) expect(idOf(outcomes[900 + index])).toBe(idOf(outcomes[index]));
    const stored = await storedOf(by);
    expect(stored).toHaveLength(900);
    expect(new Set(stored.map(({ name }) => name)).size).toBe(900);
    for (const secret of [keys[0], keys[450], keys[899]]) {
      expect(await verify(tests, secret ?? '')).toMatchObject({ facts: { state: 'active' } });
    }
  });

  it('stores digests under the pepper only', async () => {
    const by = actor();
    const [secret = ''] = secrets(1);
    await send(by, [row(1, secret)]);
    const stored = JSON.stringify(await storedOf(by), (_key, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value,
    );
    expect(stored).toContain('secret_hmac');
    expect(stored).not.toContain(secret);
    expect(stored).not.toContain(hash('sha256', secret, 'hex'));
  });

  it('changes nothing when the same batch comes again', async () => {
    const by = actor();
    const rows = rowsOf(secrets(50));
    const first = await send(by, rows);
    const before = await storedOf(by);
    const again = await send(
      by,
      rows.map((same) => ({ ...same, name: 'other', scopes: [] })),
      { importId: 'move-2' },
    );
    expect(tally(statuses(again))).toEqual({ exists: 50 });
    expect(again.map(idOf)).toEqual(first.map(idOf));
    expect(await storedOf(by)).toEqual(before);
    expect(await auditOf(tests, 'move-2')).toEqual([]);
  });

  it('makes each key once when the same batch comes twenty times at once', async () => {
    const by = actor();
    const rows = rowsOf(secrets(200));
    const importId = `race-${by.organizationId}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(by, rows, { importId })));
    expect(tally(answers.flatMap(statuses))).toEqual({ imported: 200, exists: 200 * 19 });
    expect(await storedOf(by)).toHaveLength(200);
    expect(await auditOf(tests, importId)).toHaveLength(1);
    for (const index of [0, 100, 199]) {
      expect(new Set(answers.map((outcomes) => idOf(outcomes[index]))).size).toBe(1);
    }
  });

  it('gives each key to one organization when several bring the same ones at once, in whatever order', async () => {
    const keys = secrets(300);
    const owners = Array.from({ length: 6 }, () => actor());
    const answers = await Promise.all(
      owners.map((by, index) => send(by, rowsOf(index % 2 === 0 ? keys : [...keys].reverse()))),
    );
    expect(tally(answers.flatMap(statuses))).toEqual({ imported: 300, key_taken: 1_500 });
    let stored = 0;
    for (const by of owners) stored += (await storedOf(by)).length;
    expect(stored).toBe(300);
    const orphans =
      'SELECT id FROM keys.api_keys k WHERE NOT EXISTS (SELECT 1 FROM keys.key_secrets WHERE key_id = k.id)';
    expect((await tests.owner.query(orphans)).rows).toEqual([]);
  });

  it('says nothing of a key of another organization, and takes none from another API', async () => {
    const [theirs, ours] = [actor(), actor()];
    const { secret } = await issued(tests, theirs);
    const [own = ''] = secrets(1);
    await send(ours, [row(1, own)], { api: 'xerotier' });
    const outcomes = await send(ours, [row(1, secret), row(2, own)]);
    expect(outcomes).toEqual([
      { status: 'refused', line: 1, code: 'key_taken', message: expect.any(String) },
      { status: 'refused', line: 2, code: 'key_taken', message: expect.any(String) },
    ]);
    expect(await verify(tests, secret)).toMatchObject({ facts: { organizationId: theirs.organizationId } });
    expect(await verify(tests, own)).toMatchObject({ facts: { api: 'xerotier' } });
  });

  it.each([
    ['revoked', (asked: Asked) => call(tests.client, revokeKey, asked, 10_000), 'revoked'],
    ['removed', (asked: Asked) => call(tests.client, removeKey, asked, 10_000), 'revoked'],
    ['disabled', (asked: Asked) => call(tests.client, disableKey, asked, 10_000), 'disabled'],
  ] as const)('[H-019] leaves a key that was %s as it is', async (_title, change, state) => {
    const by = actor();
    const [secret = ''] = secrets(1);
    const [first] = await send(by, [row(1, secret)]);
    await change({ actor: by, keyId: idOf(first) });
    const before = await storedOf(by);
    const again = await Promise.all(Array.from({ length: 5 }, () => send(by, [row(1, secret), row(2, secret)])));
    expect(new Set(again.flatMap(statuses))).toEqual(new Set(['exists']));
    expect(await storedOf(by)).toEqual(before);
    expect(await verify(tests, secret)).toMatchObject({ facts: { state } });
  });

  it('finds a digest that was stored under an earlier pepper', async () => {
    const by = actor();
    const [secret = ''] = secrets(1);
    const dataSource = await connectDatabase({
      databaseUrl: tests.postgres.url,
      rootSecret: SECRET,
      database: { service: 'keys' },
      entities: [],
      poolSize: 2,
    });
    const [earlier, current] = [onlyPepper(randomBytes(32)).current, { version: 2, secret: randomBytes(32) }];
    const add = (peppers: ConstructorParameters<typeof ImportsStore>[1], secretsToAdd: readonly string[]) => {
      const input = { ...batch(by, []), importId: 'move-1' };
      const context = { nowMs: tests.nowMs, newKeyId: () => `key_${randomBytes(11).toString('hex')}` };
      const imports = rowsOf(secretsToAdd).map((one) => readRow({ ...one }, { ...input, rows: [] }, anApi(), context));
      const good = imports.flatMap((one) => ('digest' in one ? [one] : []));
      return new ImportsStore(dataSource, peppers).add(
        { ...input, imports: good, keysMaxOf: () => null, atMs: tests.nowMs },
        by,
      );
    };
    const [first] = (await add({ current: earlier, all: [earlier] }, [secret])).values();
    expect(first).toMatchObject({ kind: 'added' });
    const [again] = (await add({ current, all: [current, earlier] }, [secret])).values();
    expect(again).toMatchObject({ kind: 'there', keyId: (first as { keyId: string }).keyId });
    await dataSource.destroy();
  });

  it('[A2] stops at the number of keys that the plan allows, in the order of the rows', async () => {
    const by = actor();
    await issued(tests, by, { plan: 'five' });
    const outcomes = await send(by, rowsOf(secrets(6)), { plan: 'five' });
    expect(statuses(outcomes)).toEqual([...Array(4).fill('imported'), ...Array(2).fill('key_quota_reached')]);
    // What is there takes no room.
    const again = await send(by, rowsOf(secrets(1)), { plan: 'free' });
    expect(statuses(again)).toEqual(['key_quota_reached']);
  });

  it('[A2] never passes that number, whatever comes at once', async () => {
    const by = actor();
    await send(by, [], { plan: 'five', rows: [row(1, secrets(1)[0] ?? '')] });
    const imports = Array.from({ length: 20 }, () => send(by, rowsOf(secrets(3)), { plan: 'five' }));
    const issues = Array.from({ length: 20 }, () =>
      call(tests.client, issueKey, { ...request(by), plan: 'five' }, 60_000),
    );
    const imported = (await Promise.all(imports)).flatMap(statuses).filter((status) => status === 'imported').length;
    const created = (await Promise.all(issues)).filter(({ kind }) => kind === 'issued').length;
    expect(1 + imported + created).toBe(5);
    expect(await storedOf(by)).toHaveLength(5);
  });

  it('refuses a row that could not be created either, and not the rows beside it', async () => {
    const by = actor();
    const keys = secrets(10);
    const changes: [string, object][] = [
      ['unknown_scope', { scopes: ['invoices.read', 'nothing'] }],
      ['unknown_scope', { scopes: ['__proto__'] }],
      ['permission_denied', { scopes: ['admin'] }],
      ['permission_denied', { scopes: ['*'] }],
      ['unknown_role', { roles: ['boss'] }],
      ['unknown_environment', { environment: 'staging' }],
      ['invalid_expiry', { expiresAt: new Date(tests.nowMs).toISOString() }],
      ['invalid_address', { allowedAddresses: ['192.0.2.1/24'] }],
    ];
    const rows = changes.map(([, change], index) => row(index + 2, keys[index + 1] ?? '', change));
    const outcomes = await send(by, [row(1, keys[0] ?? ''), ...rows, row(10, keys[9] ?? '')]);
    expect(statuses(outcomes)).toEqual(['imported', ...changes.map(([code]) => code), 'imported']);
    expect(outcomes[1]).toMatchObject({ line: 2, field: 'scopes' });
    expect(await storedOf(by)).toHaveLength(2);
    for (const secret of keys.slice(1, 9)) expect(await verify(tests, secret)).toEqual({ kind: 'unknown' });
  });

  it('takes a key from a later row where the first one of it was refused', async () => {
    const [secret = ''] = secrets(1);
    const outcomes = await send(actor(), [row(1, secret, { scopes: ['nothing'] }), row(2, secret)]);
    expect(statuses(outcomes)).toEqual(['unknown_scope', 'imported']);
  });

  it('writes one audit row for a batch: who, how many, which lines', async () => {
    const by = actor();
    const importId = `audited-${by.organizationId}`;
    const rows = rowsOf(secrets(3)).map((one) => ({ ...one, line: one.line + 100 }));
    await send(by, rows, { importId });
    expect(await auditOf(tests, importId)).toEqual([
      expect.objectContaining({
        action: 'keys.imported',
        organization_id: by.organizationId,
        account_id: 'acc_1',
        request_id: 'req_1',
        detail: { importId, api: 'exante', projectId: 'prj_1', count: 3, firstLine: 101, lastLine: 103 },
      }),
    ]);
    expect((await storedOf(by)).map(({ imported_by }) => imported_by)).toEqual([importId, importId, importId]);
  });

  it('answers unknown_api for an API that there is not', async () => {
    const asked = batch(actor(), rowsOf(secrets(1)), { api: '__proto__' });
    expect(await call(tests.client, importKeys, asked)).toEqual({ kind: 'unknown_api' });
  });

  describe('that fails', () => {
    afterEach(() => tests.owner.query('GRANT INSERT ON keys.audit_entries TO gatehouse_keys'));

    it('leaves nothing of its batch behind: no key without its audit row', async () => {
      const by = actor();
      const rows = rowsOf(secrets(10));
      await tests.owner.query('REVOKE INSERT ON keys.audit_entries FROM gatehouse_keys');
      await expect(call(tests.client, importKeys, batch(by, rows))).rejects.toThrow();
      expect(await storedOf(by)).toEqual([]);
      await tests.owner.query('GRANT INSERT ON keys.audit_entries TO gatehouse_keys');
      expect(tally(statuses(await send(by, rows)))).toEqual({ imported: 10 });
    });
  });
});

describe('an export of keys', () => {
  async function exported(by: Actor, scope: object = {}) {
    const pages = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const answer: Awaited<ReturnType<typeof ask>> = await ask(by, { ...scope, cursor });
      if (answer.kind !== 'exported') throw new Error(answer.kind);
      pages.push(answer.keys);
      cursor = answer.nextCursor;
    }
    return pages;
  }
  const ask = (by: Actor, scope: object) => call(tests.client, exportKeys, { actor: by, ...scope }, 10_000);

  it('has every key once, in pages that fit into a message, and only those of its organization', async () => {
    const by = actor();
    await send(actor(), rowsOf(secrets(3)));
    const metadata = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, 'é'.repeat(500)]));
    const large = rowsOf(secrets(40)).map((one) => ({ ...one, metadata }));
    for (let start = 0; start < 40; start += 10) await send(by, large.slice(start, start + 10));
    tests.nowMs += 1_000;
    await send(
      by,
      rowsOf(secrets(700)).map((one) => ({ ...one, line: one.line + 100, name: `Small ${one.line}` })),
    );
    const pages = await exported(by);
    expect(pages.length).toBeGreaterThan(2);
    for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(1_000_000);
    const ids = pages.flat().map(({ id }) => id);
    expect(ids).toHaveLength(740);
    expect(new Set(ids).size).toBe(740);
    expect(pages[0]?.[0]?.name).toMatch(/^Small/);
  });

  it('keeps to an API and a project, and shows neither secrets nor digests', async () => {
    const by = actor();
    const { secret } = await issued(tests, by);
    await send(by, rowsOf(secrets(1)), { api: 'xerotier' });
    await send(by, rowsOf(secrets(1)), { projectId: 'prj_2' });
    const names = async (scope: object) =>
      (await exported(by, scope)).flat().map(({ api, projectId }) => `${api} ${projectId}`);
    expect(await names({ api: 'xerotier' })).toEqual(['xerotier prj_1']);
    expect(await names({ projectId: 'prj_2' })).toEqual(['exante prj_2']);
    const all = JSON.stringify(await exported(by));
    for (const hidden of [secret, hash('sha256', secret, 'hex'), hash('sha256', secret, 'base64'), 'hmac', 'digest']) {
      expect(all).not.toContain(hidden);
    }
  });

  it('refuses a cursor of another list', async () => {
    const by = actor();
    await send(by, rowsOf(secrets(600)));
    const first = await ask(by, {});
    const cursor = first.kind === 'exported' ? first.nextCursor : null;
    expect(cursor).not.toBeNull();
    expect(await ask(by, { cursor, api: 'exante' })).toEqual({ kind: 'invalid_cursor' });
    expect(await ask(actor(), { cursor })).toEqual({ kind: 'invalid_cursor' });
  });
});
