import { createHmac, hash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { exportKeys, importKeys } from '@gatehouse/contracts/imports';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keyView } from './fake-keys-service.conformance.js';
import { FORMER_PEPPER, type PlatformUnderTest, startPlatformUnderTest } from './platform-under-test.conformance.js';

interface Message {
  readonly rows: readonly { readonly line: number; readonly digest: string; readonly display: string }[];
}
const OLD = `old_${'a'.repeat(20)}`;
const OLDER = `older_${'b'.repeat(20)}`;
const sha256 = { algorithm: 'sha256', encoding: 'hex', value: hash('sha256', OLD, 'hex') };
const row = (line: number, changes: object = {}) => ({
  line,
  hash: sha256,
  name: 'n',
  scopes: ['invoices.read'],
  ...changes,
});
const byKey = (line: number, key: string, changes: object = {}) => row(line, { hash: undefined, key, ...changes });

describe('imports and exports of keys', () => {
  let platform: PlatformUnderTest;
  let bearer: readonly string[];
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
    ({ bearer } = await platform.signIn('owner@example.com'));
  });
  afterAll(() => platform.stop());
  beforeEach(() => void platform.world.asked.splice(0));
  afterEach(() => platform.world.instead.clear());

  const post = (body: object | string, headers = bearer) =>
    platform.send({ method: 'POST', path: '/api/v1/keys/import', headers, body });
  const send = (rows: readonly unknown[], changes: object = {}) =>
    post({ import_id: 'move-1', api: 'exante', rows, ...changes });
  const outcomes = async (rows: readonly unknown[]) => {
    const answer = await send(rows);
    expect(answer.status).toBe(200);
    return (answer.json as { data: { line: number; status: string; code?: string; field?: string }[] }).data;
  };
  const messages = () => platform.world.of(importKeys.subject) as Message[];

  describe('POST /api/v1/keys/import', () => {
    it('sends digests on, and never a key: by hash as it was kept, by value as it will be looked up', async () => {
      const native = mintKey('ex_live_');
      const hmac = createHmac('sha256', FORMER_PEPPER).update(OLDER).digest();
      const base64 = { algorithm: 'hmac-sha256', encoding: 'base64', value: hmac.toString('base64') };
      await outcomes([row(1), row(2, { hash: base64 }), byKey(3, OLD), byKey(4, OLDER), byKey(5, native)]);
      const [message] = messages();
      expect(message).toMatchObject({
        actor: { organizationId: 'org_AAAAAAAAAAAAAAAAAAAAAA', role: 'owner' },
        importId: 'move-1',
        api: 'exante',
        projectId: 'prj_CCCCCCCCCCCCCCCCCCCCCC',
        plan: 'free',
      });
      const oldDigest = hash('sha256', OLD, 'base64');
      expect(message?.rows.map(({ line, digest, display }) => [line, digest, display])).toEqual([
        [1, oldDigest, '...'],
        [2, hmac.toString('base64'), '...'],
        [3, oldDigest, 'old_...aaaa'],
        [4, hmac.toString('base64'), 'older_...bbbb'],
        [5, hash('sha256', native, 'base64'), `ex_live_...${native.slice(-4)}`],
      ]);
      expect(message?.rows[4]).toMatchObject({ environment: 'live' });
      for (const secret of [OLD, OLDER, native]) {
        expect(JSON.stringify(platform.world.asked)).not.toContain(secret);
        expect(platform.lines.join('')).not.toContain(secret);
      }
    });

    it('passes on what else a row says', async () => {
      await outcomes([
        row(7, {
          display: 'old_...wxyz',
          roles: ['reader'],
          environment: 'live',
          expires_at: '2030-01-01T01:00:00+01:00',
          metadata: { team: 'a' },
          allowed_ips: ['192.0.2.0/24'],
          limits: { minute: 5 },
        }),
      ]);
      expect(messages()[0]?.rows[0]).toEqual({
        line: 7,
        digest: hash('sha256', OLD, 'base64'),
        display: 'old_...wxyz',
        name: 'n',
        scopes: ['invoices.read'],
        roles: ['reader'],
        environment: 'live',
        expiresAt: '2030-01-01T00:00:00.000Z',
        metadata: { team: 'a' },
        allowedAddresses: ['192.0.2.0/24'],
        limits: { minute: 5 },
      });
    });

    it('settles each row by itself, in the order of the request', async () => {
      const rows = [row(11), { line: 12 }, row(13, { name: 'there' }), row(14, { name: 'expired' }), 'no row', row(16)];
      expect(await outcomes(rows)).toEqual([
        { line: 11, status: 'imported', id: 'key_11' },
        expect.objectContaining({ line: 12, status: 'refused', code: 'validation_error' }),
        { line: 13, status: 'exists', id: 'key_13' },
        { line: 14, status: 'refused', code: 'invalid_expiry', field: 'expires_at', message: 'It is over.' },
        expect.objectContaining({ line: 5, status: 'refused', code: 'validation_error', field: 'row' }),
        { line: 16, status: 'imported', id: 'key_16' },
      ]);
    });

    it.each([
      ['no name', row(1, { name: '' }), 'validation_error', 'name'],
      ['a name of blanks', row(1, { name: '   ' }), 'validation_error', 'name'],
      ['a control character', row(1, { name: 'a\u0000b' }), 'validation_error', 'name'],
      ['no scopes', row(1, { scopes: undefined }), 'validation_error', 'scopes'],
      ['neither key nor hash', row(1, { hash: undefined }), 'validation_error', 'hash'],
      ['key and hash', row(1, { key: OLD }), 'validation_error', 'hash'],
      ['a hash that is too short', row(1, { hash: { ...sha256, value: 'abcd' } }), 'validation_error', 'hash.value'],
      ['another algorithm', row(1, { hash: { ...sha256, algorithm: 'md5' } }), 'validation_error', 'hash.algorithm'],
      ['a field that there is not', row(1, { state: 'active' }), 'validation_error', 'state'],
      ['a state of another system', row(1, { organization: 'org_other' }), 'validation_error', 'organization'],
      ['an expiry in no calendar', row(1, { expires_at: '2030-02-30T00:00:00Z' }), 'validation_error', 'expires_at'],
      ['a quota of nothing', row(1, { limits: { minute: 0 } }), 'validation_error', 'limits.minute'],
      ['metadata that are no text', row(1, { metadata: { a: 1 } }), 'validation_error', 'metadata.a'],
      ['a key of no known form', byKey(1, `new_${'a'.repeat(20)}`), 'unknown_key_form', 'key'],
      ['a key with a wrong check', byKey(1, `${mintKey('ex_live_').slice(0, -6)}000000`), 'unknown_key_form', 'key'],
      [
        'another environment than its key',
        byKey(1, mintKey('ex_live_'), { environment: 'test' }),
        'unknown_environment',
        'environment',
      ],
      ['the key as its name', byKey(1, OLD, { name: `Key ${OLD}` }), 'secret_in_text', 'name'],
      ['the key of the hash as its display', row(1, { display: OLD }), 'secret_in_text', 'display'],
      ['the key of the hash in its metadata', row(1, { metadata: { note: OLD } }), 'secret_in_text', 'metadata.note'],
    ])('refuses a row with %s, and not the row beside it', async (_title, bad, code, field) => {
      const [refused, good] = await outcomes([bad, row(2)]);
      expect(refused).toMatchObject({ line: 1, status: 'refused', code, field });
      expect(JSON.stringify(refused)).not.toContain(OLD);
      expect(good).toMatchObject({ line: 2, status: 'imported' });
    });

    it('finds the key of a peppered hash in texts, too', async () => {
      const value = createHmac('sha256', FORMER_PEPPER).update(OLDER).digest('hex');
      const bad = row(1, { hash: { algorithm: 'hmac-sha256', encoding: 'hex', value }, name: OLDER });
      expect(await outcomes([bad])).toMatchObject([{ code: 'secret_in_text', field: 'name' }]);
    });

    it('asks nobody where every row is refused', async () => {
      await outcomes([{}, {}]);
      expect(messages()).toEqual([]);
    });

    it.each([
      ['no rows', { rows: [] }, 'rows'],
      ['more than 1,000 rows', { rows: Array.from({ length: 1_001 }, (_, index) => row(index + 1)) }, 'rows'],
      ['an unknown API', { api: 'other' }, 'api'],
      ['the name of an object’s own', { api: '__proto__' }, 'api'],
      ['an unknown project', { project: 'other' }, 'project'],
      ['an import id with blanks', { import_id: 'move 1' }, 'import_id'],
      ['an unknown field', { dry_run: true }, 'dry_run'],
    ])('refuses a request with %s as a whole', async (_title, changes, field) => {
      const answer = await send([row(1)], changes);
      expect(answer.status).toBe(422);
      expect(answer.json).toMatchObject({ code: 'validation_error', errors: { [field]: expect.any(String) } });
      expect(messages()).toEqual([]);
    });

    it('splits what is larger than one message may be, and keeps the order', async () => {
      const metadata = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`m${index}`, 'x'.repeat(150)]));
      const rows = Array.from({ length: 900 }, (_, index) => row(index + 1, { metadata }));
      const answered = await outcomes(rows);
      expect(answered.map(({ line }) => line)).toEqual(rows.map(({ line }) => line));
      expect(messages().length).toBeGreaterThan(1);
      for (const message of messages())
        expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(1024 * 1024 - 10_000);
      expect(messages().flatMap((message) => message.rows.map(({ line }) => line))).toEqual(
        rows.map(({ line }) => line),
      );
    });

    it('takes 2 MiB and no more, while other routes keep their limit', async () => {
      const padding = (bytes: number) => ' '.repeat(bytes);
      const body = JSON.stringify({ import_id: 'i', api: 'exante', rows: [row(1)] });
      expect((await post(body + padding(2 * 1024 * 1024 - body.length), json())).status).toBe(200);
      expect((await post(body + padding(2 * 1024 * 1024 - body.length + 1), json())).status).toBe(413);
      const other = { method: 'POST', path: '/api/v1/keys', headers: json(), body: padding(65_537) };
      expect((await platform.send(other)).status).toBe(413);
    });

    it('needs the permission to write keys, and a CSRF token with a cookie', async () => {
      const viewer = await platform.signIn('viewer@example.com');
      expect((await send([row(1)])).status).toBe(200);
      expect((await post({ import_id: 'i', api: 'exante', rows: [row(1)] }, viewer.bearer)).status).toBe(403);
      const owner = await platform.signIn('owner@example.com');
      expect((await post({ import_id: 'i', api: 'exante', rows: [row(1)] }, owner.cookie)).status).toBe(403);
      expect((await post({ import_id: 'i', api: 'exante', rows: [row(1)] }, owner.write)).status).toBe(200);
    });

    it('reads nothing of a large body from who is not signed in', async () => {
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connect(platform.port, '127.0.0.1', () => {
          // Announced and never sent: whoever waits for it is not answered.
          socket.write('POST /api/v1/keys/import HTTP/1.1\r\nHost: gate.example\r\nContent-Type: application/json\r\n');
          socket.write('Content-Length: 2000000\r\nAuthorization: Bearer nobody\r\n\r\n{');
        });
        socket.once('data', (data) => {
          resolve(String(data));
          socket.destroy();
        });
        socket.once('error', reject);
      });
      expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    });

    it('holds a few large bodies at once, and says when to come again to the others', async () => {
      const open = Array.from({ length: 8 }, () => {
        const request = httpRequest({
          port: platform.port,
          method: 'POST',
          path: '/api/v1/keys/import',
          headers: { host: 'gate.example', ...headersOf(json()), 'content-length': 100, expect: '100-continue' },
        });
        const continued = new Promise<void>((resolve) => request.once('continue', resolve));
        request.on('error', () => undefined);
        request.flushHeaders();
        return { request, continued };
      });
      await Promise.all(open.map(({ continued }) => continued));
      await untilAnswered(503);
      expect((await send([row(1)])).headers['retry-after']).toBe('1');
      for (const { request } of open) request.destroy();
      await untilAnswered(200);
    });

    /** Sends until an answer has this status. */
    async function untilAnswered(status: number) {
      const untilMs = performance.now() + 5_000;
      while ((await send([row(1)])).status !== status) {
        if (performance.now() > untilMs) throw new Error(`there was no ${status}`);
      }
    }
  });

  describe('GET /api/v1/keys/export', () => {
    const get = (query: string, headers = bearer) => platform.send({ path: `/api/v1/keys/export${query}`, headers });

    it('gives every page, a JSON object a line, without secrets', async () => {
      const { status, headers, text } = await get('?api=exante&project=default');
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'content-type': 'application/x-ndjson',
        'content-disposition': 'attachment; filename="keys.ndjson"',
        'cache-control': 'no-store',
      });
      const keys = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(keys.map(({ name }) => name)).toEqual(['page 1', 'page 2', 'page 3']);
      expect(Object.keys(keys[0])).toEqual(expect.arrayContaining(['id', 'display', 'state', 'scopes']));
      expect(text).not.toMatch(/digest|hmac|"key"|secret/);
      const asked = platform.world.of(exportKeys.subject);
      expect(asked).toHaveLength(3);
      expect(asked[0]).toMatchObject({ api: 'exante', projectId: 'prj_CCCCCCCCCCCCCCCCCCCCCC' });
    });

    it('gives the same as CSV, with one header', async () => {
      const { headers, text } = await get('?format=csv');
      expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
      const lines = text.trim().split('\r\n');
      expect(lines).toHaveLength(4);
      expect(lines[0]).toMatch(/^id,display,name,/);
      expect(lines[3]).toContain(',page 3,');
    });

    it.each(['?format=xml', '?limit=5', '?project=other'])('refuses %s', async (query) => {
      expect((await get(query)).status).toBe(422);
    });

    it('refuses who may not read keys, and is no key’s id', async () => {
      expect((await platform.send({ path: '/api/v1/keys/export' })).status).toBe(401);
      const viewer = await platform.signIn('viewer@example.com');
      expect((await get('', viewer.bearer)).status).toBe(200);
    });

    it('answers 503 where the keys service is out, before anything was sent', async () => {
      const alone = await startPlatformUnderTest({ withoutServices: true });
      expect((await alone.send({ path: '/api/v1/keys/export', headers: bearer })).status).toBe(503);
      await alone.stop();
    });

    it('breaks the answer off where a page fails: a part does not pass for the whole', async () => {
      platform.world.instead.set(exportKeys.subject, ({ cursor }: { cursor?: string }) =>
        cursor === undefined
          ? { kind: 'exported', keys: [keyView()], nextCursor: 'broken' }
          : { kind: 'invalid_cursor' },
      );
      await expect(get('')).rejects.toThrow();
    });
  });

  const json = () => [...bearer, 'content-type', 'application/json'];
  const headersOf = (flat: readonly string[]) =>
    Object.fromEntries(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [])));
});
