import { anApi } from '@gatehouse/catalog/an-api.conformance';
import { describe, expect, it } from '@jest/globals';
import { type IssueInput, issueKey } from './issue-key.js';

const NOW_MS = Date.UTC(2026, 0, 15);
const API = anApi({}, { scopes: { 'invoices.read': 'Read invoices', 'invoices.write': 'Write invoices' }, roles: {} });
const INPUT: IssueInput = {
  actor: { accountId: 'acc_1', organizationId: 'org_1', role: 'developer', address: '192.0.2.1', requestId: 'r' },
  api: 'exante',
  projectId: 'prj_1',
  projectSlug: 'my-project',
  plan: 'free',
  name: 'Production',
  scopes: ['invoices.read'],
  roles: [],
  allowedAddresses: [],
  metadata: { team: 'billing' },
};
const CONTEXT = { nowMs: NOW_MS, keyId: 'key_1', mint: (prefix: string) => `${prefix}secretAbCd` };
const issue = (changes: Partial<IssueInput>) => issueKey({ ...INPUT, ...changes }, API, CONTEXT);

describe('issueKey', () => {
  it('[E2] [E3] makes a key of the first environment, displayed by prefix and last four', () => {
    expect(issue({})).toEqual({
      kind: 'issue',
      secret: 'ex_live_secretAbCd',
      key: {
        keyId: 'key_1',
        revision: 1,
        api: 'exante',
        organizationId: 'org_1',
        projectId: 'prj_1',
        environment: 'live',
        scopes: ['invoices.read'],
        state: 'active',
        expiresAtMs: null,
        name: 'Production',
        metadata: { team: 'billing' },
        allowedAddresses: [],
        limits: null,
        remainingUses: null,
        createdAtMs: NOW_MS,
        createdBy: 'acc_1',
        creatorRole: 'developer',
        revokedAtMs: null,
        revocationReason: null,
        removedAtMs: null,
        secrets: {
          current: { generation: 1, display: 'ex_live_...AbCd', createdAtMs: NOW_MS },
          old: null,
          lastGeneration: 1,
        },
      },
    });
    expect(issue({ environment: 'test' })).toMatchObject({ secret: 'ex_test_secretAbCd' });
  });

  it('[X10] gives exactly the scopes that were asked for, each once', () => {
    const asked = ['invoices.write', 'invoices.read', 'invoices.write'];
    expect(issue({ scopes: asked })).toMatchObject({ key: { scopes: ['invoices.write', 'invoices.read'] } });
    expect(issue({ scopes: [] })).toMatchObject({ key: { scopes: [] } });
  });

  it('refuses scopes, environments and APIs that there are not, and names the field', () => {
    const wrongScopes = [
      'admin',
      'INVOICES.READ',
      'invoices.read ',
      'invoices.read admin',
      '__proto__',
      'constructor',
      'a\u0000b',
    ];
    for (const scope of wrongScopes) {
      expect(issue({ scopes: ['invoices.read', scope] })).toMatchObject({ code: 'unknown_scope', field: 'scopes' });
    }
    for (const environment of ['staging', '', 'LIVE', '__proto__', 'toString']) {
      expect(issue({ environment })).toMatchObject({ code: 'unknown_environment', field: 'environment' });
    }
    expect(issueKey(INPUT, undefined, CONTEXT)).toMatchObject({ code: 'unknown_api', field: 'api' });
  });

  it('[E8] ends a key in so many days or at a moment, if asked to', () => {
    expect(issue({ expiresInDays: 90 })).toMatchObject({ key: { expiresAtMs: NOW_MS + 90 * 86_400_000 } });
    const expiresAt = new Date(NOW_MS + 1).toISOString();
    expect(issue({ expiresAt })).toMatchObject({ key: { expiresAtMs: NOW_MS + 1 } });
  });

  it('refuses an expiry that is over, is now, or is said twice', () => {
    for (const expiresAt of [new Date(NOW_MS).toISOString(), '1970-01-01T00:00:00Z', 'never']) {
      expect(issue({ expiresAt })).toMatchObject({ code: 'invalid_expiry', field: 'expiresAt' });
    }
    const twice = { expiresInDays: 1, expiresAt: new Date(NOW_MS + 1).toISOString() };
    expect(issue(twice)).toMatchObject({ code: 'invalid_expiry', field: 'expiresInDays' });
  });

  it('mints nothing for a request that it refuses', () => {
    const mint = () => {
      throw new Error('a secret was minted');
    };
    expect(issueKey({ ...INPUT, scopes: ['admin'] }, API, { ...CONTEXT, mint }).kind).toBe('refused');
  });
});
