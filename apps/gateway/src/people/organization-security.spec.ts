import { authenticateSession } from '@gatehouse/contracts/identity';
import { setOrganizationSecurity } from '@gatehouse/contracts/organization-security';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';

const OPEN = 'org_AAAAAAAAAAAAAAAAAAAAAA';
const CLOSED = 'org_CCCCCCCCCCCCCCCCCCCCCC';
const codeOf = (json: unknown) => (json as { code?: string }).code;

describe('an organization that asks for more', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());
  afterEach(() => platform.world.instead.clear());

  /** A session that has one organization to act in, or none, and one that is closed to it. */
  const closedSession = async (memberships: readonly string[] = []) => {
    const { session, write, cookie } = await platform.signIn('owner@example.com');
    platform.world.instead.set(authenticateSession.subject, {
      kind: 'authenticated',
      sessionId: session.id,
      account: { id: 'acc_owner', email: 'owner@example.com', name: '' },
      memberships: memberships.map((organizationId) => ({
        organizationId,
        organizationName: 'Open',
        plan: 'free',
        role: 'owner',
      })),
      closedOrganizations: [{ organizationId: CLOSED, organizationName: 'Closed', wants: ['second_factor', 'sso'] }],
      isOperator: false,
      csrfToken: session.csrf,
      accessToken: null,
      accessTokenTtlSeconds: 0,
      expiresAt: '2026-01-15T13:00:00.000Z',
      absoluteExpiresAt: '2026-01-15T20:00:00.000Z',
    });
    return { write, cookie };
  };
  const createKey = (headers: readonly string[], organization?: string) =>
    platform.send({
      method: 'POST',
      path: '/api/v1/keys',
      headers,
      body: { api: 'exante', name: 'ci', scopes: [], ...(organization === undefined ? {} : { organization }) },
    });

  it('lets nobody create a key in it who has not shown that, and says what is missing [H-074]', async () => {
    const { write } = await closedSession();
    for (const refusal of [await createKey(write), await createKey(write, CLOSED)]) {
      expect([refusal.status, codeOf(refusal.json)]).toEqual([403, 'stronger_sign_in_required']);
      expect(refusal.json).toMatchObject({ detail: 'Sign in with a second factor and single sign-on.' });
    }
    expect(codeOf((await createKey(write, 'org_another')).json)).toBe('permission_denied');
  });

  it('closes no other organization of the account', async () => {
    const { write } = await closedSession([OPEN]);
    expect((await createKey(write)).status).toBe(201);
    expect((await createKey(write, OPEN)).status).toBe(201);
    expect(codeOf((await createKey(write, CLOSED)).json)).toBe('stronger_sign_in_required');
  });

  it('is named by the session, with what it wants', async () => {
    const { cookie } = await closedSession([OPEN]);
    const { json } = await platform.send({ path: '/auth/session', headers: cookie });
    expect(json).toMatchObject({
      organizations: [{ id: OPEN }],
      closed_organizations: [{ id: CLOSED, name: 'Closed', wants: ['second_factor', 'sso'] }],
    });
    const listed = await platform.send({ path: '/api/v1/orgs', headers: cookie });
    expect(listed.text).not.toContain(CLOSED);
  });

  const set = async (body: object, id = OPEN) => {
    const { write } = await platform.signIn('owner@example.com');
    return platform.send({ method: 'PUT', path: `/api/v1/orgs/${id}/security`, body, headers: write });
  };

  it('is one whose owner has set that', async () => {
    const answer = await set({ requires_second_factor: true });
    expect([answer.status, answer.json]).toEqual([
      200,
      { id: OPEN, requires_second_factor: true, requires_sso: false },
    ]);
    expect(platform.world.of(setOrganizationSecurity.subject).at(-1)).toMatchObject({
      organizationId: OPEN,
      person: { accountId: 'acc_owner' },
      requiresSecondFactor: true,
      requiresSso: false,
    });
    expect((await set({ requires_second_factor: 'yes' })).status).toBe(422);
    expect((await set({})).status).toBe(422);
    expect((await set({ requires_second_factor: true }, 'x'.repeat(65))).status).toBe(403);
  });

  it.each([
    ['session_ended', 401, 'session_ended'],
    ['reauth_required', 403, 'reauth_required'],
    ['not_permitted', 403, 'permission_denied'],
    ['stronger_sign_in_required', 403, 'stronger_sign_in_required'],
  ] as const)('passes %s on', async (kind, status, code) => {
    const wants = kind === 'stronger_sign_in_required' ? { wants: ['second_factor'] } : {};
    platform.world.instead.set(setOrganizationSecurity.subject, { kind, ...wants });
    const refusal = await set({ requires_second_factor: true });
    expect([refusal.status, codeOf(refusal.json)]).toEqual([status, code]);
  });
});
