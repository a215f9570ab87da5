import * as identity from '@gatehouse/contracts/identity';
import * as keys from '@gatehouse/contracts/keys';
import { mintKey } from '@gatehouse/key-domain/mint-key';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CONTROLLERS } from '../app.module.js';
import { ORGANIZATIONS } from './fake-world.conformance.js';
import { type PlatformUnderTest, startPlatformUnderTest } from './platform-under-test.conformance.js';
import { ruledRoutes } from './route-rules.guard.js';

const newKey = { api: 'exante', name: 'ci', scopes: ['invoices.read'] };
/** Nobody is signed in there, or has to be. */
const PUBLIC_PATHS = ruledRoutes(CONTROLLERS)
  .filter(({ rule }) => rule === 'public')
  .map(({ path }) => path);
const code = (json: unknown) => (json as { code?: string }).code;

describe('who may do what', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());

  const issue = (headers: readonly string[], body: object = newKey) =>
    platform.send({ method: 'POST', path: '/api/v1/keys', headers, body });
  const issued = () => platform.world.of(keys.issueKey.subject).length;

  describe('CSRF [H-080] [H-081]', () => {
    it('accepts a write with the token of the session', async () => {
      const { write } = await platform.signIn('owner@example.com');
      expect((await issue(write)).status).toBe(201);
    });

    it.each([
      ['missing', () => []],
      ['empty', () => ['x-csrf-token', '']],
      ['of another session', (other: string) => ['x-csrf-token', other]],
      ['cut short', (_other: string, own: string) => ['x-csrf-token', own.slice(0, -1)]],
      ['only in a cookie', (_other: string, own: string) => ['x-not-csrf-token', own]],
    ])('refuses a write whose token is %s, and changes nothing', async (_name, headers) => {
      const { session, cookie } = await platform.signIn('owner@example.com');
      const other = await platform.signIn('owner@example.com');
      const before = issued();
      const answer = await issue([...cookie, ...headers(other.session.csrf, session.csrf)]);
      expect([answer.status, code(answer.json)]).toEqual([403, 'csrf_token_invalid']);
      expect(issued()).toBe(before);
    });

    it('refuses a write from another origin even with the right token', async () => {
      const { write } = await platform.signIn('owner@example.com');
      const answer = await issue([...write, 'origin', 'https://evil.example']);
      expect([answer.status, code(answer.json)]).toEqual([403, 'origin_refused']);
    });

    it('asks for the token on every write with a cookie, before it looks at the body', async () => {
      const { cookie } = await platform.signIn('owner@example.com');
      const writes = platform.routes.filter(
        ({ method, path }) => !['GET', 'HEAD'].includes(method) && !PUBLIC_PATHS.includes(path),
      );
      expect(writes.length).toBeGreaterThanOrEqual(4);
      for (const { method, path } of writes) {
        const answer = await platform.send({ method, path: path.replace(':id', 'key_x'), headers: cookie });
        expect([path, answer.status, code(answer.json)]).toEqual([path, 403, 'csrf_token_invalid']);
      }
    });

    it('needs none with an access token, which no foreign page can send', async () => {
      const { bearer } = await platform.signIn('owner@example.com');
      expect((await issue(bearer)).status).toBe(201);
    });

    it('takes no method from a header or a field', async () => {
      const { cookie } = await platform.signIn('owner@example.com');
      const path = '/api/v1/keys/key_DDDDDDDDDDDDDDDDDDDDDD?_method=DELETE';
      const answer = await platform.send({ path, headers: [...cookie, 'x-http-method-override', 'DELETE'] });
      expect(answer.status).toBe(422);
    });
  });

  describe('credentials', () => {
    it('refuses nobody, an unknown session and an unknown token with 401 on every closed route', async () => {
      const closed = ['/auth/session', '/api/v1/keys', '/api/v1/keys/key_x', '/api/v1/projects', '/api/v1/orgs'];
      for (const path of closed) {
        for (const [headers, expected] of [
          [[], 'authentication_required'],
          [['cookie', 'gatehouse_session=unknown'], 'authentication_required'],
          [['cookie', 'gatehouse_session='], 'authentication_required'],
          [['authorization', 'Bearer unknown'], 'token_invalid'],
          [['authorization', 'Basic b3duZXI6eA=='], 'token_invalid'],
          [['authorization', 'Bearer'], 'token_invalid'],
        ] as const) {
          const answer = await platform.send({ path, headers });
          expect([path, answer.status, code(answer.json)]).toEqual([path, 401, expected]);
          // RFC 6750 section 3.1: no error where no token was sent [T-12].
          const error = expected === 'token_invalid' ? ', error="invalid_token"' : '';
          expect(answer.headers['www-authenticate']).toBe(`Bearer realm="gatehouse"${error}`);
        }
      }
    });

    it('reads no credential from the query string [S-12]', async () => {
      const { session } = await platform.signIn('owner@example.com');
      const answer = await platform.send({ path: `/auth/session?access_token=at-${session.id}` });
      expect(answer.status).toBe(401);
    });

    it('refuses a second credential in the query string beside one in a header or a cookie [T-12]', async () => {
      const { bearer, session } = await platform.signIn('owner@example.com');
      for (const headers of [bearer, ['cookie', `gatehouse_session=${session.id}`]]) {
        for (const query of [`access_token=at-${session.id}`, 'access_token=x', 'access%5Ftoken=x']) {
          const answer = await platform.send({ path: `/auth/session?${query}`, headers });
          expect([query, answer.status, code(answer.json)]).toEqual([query, 400, 'invalid_request']);
        }
      }
    });

    it('refuses the key of an API as a credential, and passes it on to nobody', async () => {
      const key = mintKey('ex_live_');
      const asked = platform.world.asked.length;
      for (const headers of [
        ['authorization', `Bearer ${key}`],
        ['cookie', `gatehouse_session=${key}`],
        ['cookie', `gatehouse_session=tok`, 'authorization', `Bearer ${key}`],
      ]) {
        const answer = await platform.send({ path: '/api/v1/keys', headers });
        expect([answer.status, code(answer.json)]).toEqual([401, 'token_invalid']);
        expect(answer.text).not.toContain(key.slice(8, 24));
      }
      expect(platform.world.asked.length).toBe(asked);
    });

    it('refuses two session cookies of one name, in either order [H-078]', async () => {
      const { session } = await platform.signIn('owner@example.com');
      const own = `gatehouse_session=${session.token}`;
      for (const cookie of [`${own}; gatehouse_session=evil`, `gatehouse_session=evil; ${own}`]) {
        const answer = await platform.send({ path: '/auth/session', headers: ['cookie', cookie] });
        expect([answer.status, code(answer.json)]).toEqual([400, 'header_repeated']);
      }
    });

    it('reads the exact cookie name only', async () => {
      const { session } = await platform.signIn('owner@example.com');
      for (const name of [
        'Gatehouse_Session',
        '__Host-gatehouse_session',
        '=gatehouse_session',
        'xgatehouse_session',
      ]) {
        const headers = ['cookie', `${name}=${session.token}`];
        expect((await platform.send({ path: '/auth/session', headers })).status).toBe(401);
      }
    });

    it('accepts a cookie and an access token of one session, and refuses them where they disagree', async () => {
      const first = await platform.signIn('owner@example.com');
      const second = await platform.signIn('owner@example.com');
      const path = '/auth/session';
      expect((await platform.send({ path, headers: [...first.cookie, ...first.bearer] })).status).toBe(200);
      for (const headers of [
        [...first.cookie, ...second.bearer],
        ['cookie', 'gatehouse_session=unknown', ...second.bearer],
      ]) {
        const answer = await platform.send({ path, headers });
        expect([answer.status, code(answer.json)]).toEqual([400, 'invalid_request']);
      }
    });

    it('asks identity on every request, so that an ended session is ended at once', async () => {
      const { session, cookie } = await platform.signIn('owner@example.com');
      expect((await platform.send({ path: '/auth/session', headers: cookie })).status).toBe(200);
      session.ended = true;
      expect((await platform.send({ path: '/auth/session', headers: cookie })).status).toBe(401);
    });
  });

  describe('roles', () => {
    it.each([
      ['owner@example.com', 201, 201, 200],
      ['developer@example.com', 201, 403, 200],
      ['viewer@example.com', 403, 403, 200],
      ['nowhere@example.com', 403, 403, 403],
    ])('%s: new key %i, new project %i, list %i', async (email, newKeyStatus, newProjectStatus, listStatus) => {
      const { write, cookie } = await platform.signIn(email);
      expect((await issue(write)).status).toBe(newKeyStatus);
      const project = { method: 'POST', path: '/api/v1/projects', headers: write, body: { name: 'Two' } };
      expect((await platform.send(project)).status).toBe(newProjectStatus);
      expect((await platform.send({ path: '/api/v1/keys', headers: cookie })).status).toBe(listStatus);
      const revoke = { method: 'POST', path: '/api/v1/keys/key_DDDDDDDDDDDDDDDDDDDDDD/revoke', headers: write };
      expect((await platform.send(revoke)).status).toBe(newKeyStatus === 201 ? 200 : 403);
    });

    it('takes role and organization from identity, never from the request', async () => {
      const { write } = await platform.signIn('owner@example.com');
      await issue(write);
      expect(platform.world.of(keys.issueKey.subject).at(-1)).toMatchObject({
        actor: { accountId: 'acc_owner', organizationId: ORGANIZATIONS[0], role: 'owner', address: '127.0.0.1' },
      });
      expect((await issue(write, { ...newKey, role: 'owner', organizationId: ORGANIZATIONS[1] })).status).toBe(422);
    });
  });

  describe('organizations', () => {
    const projects = (headers: readonly string[], query = '') =>
      platform.send({ path: `/api/v1/projects${query}`, headers });

    it('wants to know which, where the account has several', async () => {
      const { cookie } = await platform.signIn('both@example.com');
      const answer = await projects(cookie);
      expect(answer.status).toBe(422);
      expect(answer.json).toMatchObject({ code: 'validation_error', errors: { organization: expect.any(String) } });
    });

    it('acts in the one that header, query or body names, with the role that the account has there', async () => {
      const { cookie, write } = await platform.signIn('both@example.com');
      for (const id of ORGANIZATIONS) {
        expect((await projects([...cookie, 'x-gatehouse-organization', id])).status).toBe(200);
        expect((await projects(cookie, `?organization=${id}`)).status).toBe(200);
        expect(platform.world.of(identity.listProjects.subject).at(-1)).toMatchObject({
          actor: { organizationId: id },
        });
      }
      expect((await issue(write, { ...newKey, organization: ORGANIZATIONS[0] })).status).toBe(201);
      expect((await issue(write, { ...newKey, organization: ORGANIZATIONS[1] })).status).toBe(403);
    });

    it('refuses one that the account is no member of, though it is the only one named', async () => {
      const { cookie } = await platform.signIn('owner@example.com');
      const answer = await projects([...cookie, 'x-gatehouse-organization', ORGANIZATIONS[1]]);
      expect([answer.status, code(answer.json)]).toEqual([403, 'permission_denied']);
    });

    it('refuses a request that names two', async () => {
      const { cookie } = await platform.signIn('both@example.com');
      const headers = [...cookie, 'x-gatehouse-organization', ORGANIZATIONS[0]];
      expect((await projects(headers, `?organization=${ORGANIZATIONS[1]}`)).status).toBe(400);
    });
  });
});
