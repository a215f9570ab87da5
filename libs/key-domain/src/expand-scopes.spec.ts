import { describe, expect, it } from '@jest/globals';
import { expandScopes } from './expand-scopes.js';

const known = {
  'invoices.read': { roles: null },
  'invoices.write': { roles: null },
  'invoices.void': { roles: ['owner'] },
  'invoicesx.read': { roles: null },
  webhook: { roles: ['owner', 'admin'] },
};
const groups = { reader: { scopes: ['invoices.read'] }, boss: { scopes: ['invoices.read', 'invoices.void'] } };
const expand = (scopes: string[], roles: string[] = [], grantedBy = 'owner') =>
  expandScopes({ scopes, roles }, { known, groups, grantedBy });

describe('expandScopes', () => {
  it('[X10] gives exactly what was asked for, each once, in its order', () => {
    expect(expand(['invoices.write', 'invoices.read', 'invoices.write'])).toEqual({
      kind: 'expanded',
      scopes: ['invoices.write', 'invoices.read'],
    });
    expect(expand([])).toEqual({ kind: 'expanded', scopes: [] });
  });

  it('expands a wildcard to the scopes below it, and no neighbour of a like name', () => {
    expect(expand(['invoices.*'])).toMatchObject({ scopes: ['invoices.read', 'invoices.write', 'invoices.void'] });
    expect(expand(['*'])).toMatchObject({ scopes: Object.keys(known) });
  });

  it('expands roles to their scopes', () => {
    expect(expand(['webhook'], ['reader'])).toMatchObject({ scopes: ['invoices.read', 'webhook'] });
  });

  it('refuses what is not there, however it is spelled', () => {
    for (const scope of ['invoices', 'invoices.', 'INVOICES.READ', 'a.*', '.*', '**', 'invoices.r*', '', '__proto__']) {
      expect(expand([scope])).toEqual({ kind: 'refused', code: 'unknown_scope', name: scope });
    }
    for (const role of ['', 'owner', '__proto__', 'toString']) {
      expect(expand([], [role])).toEqual({ kind: 'refused', code: 'unknown_role', name: role });
    }
  });

  it('refuses a scope that the role may not grant, by name, by wildcard and by role', () => {
    const denied = { kind: 'refused', code: 'permission_denied', name: 'invoices.void' };
    expect(expand(['invoices.void'], [], 'admin')).toEqual(denied);
    expect(expand(['invoices.*'], [], 'admin')).toEqual(denied);
    expect(expand(['*'], [], 'admin')).toEqual(denied);
    expect(expand([], ['boss'], 'admin')).toEqual(denied);
    expect(expand(['webhook'], [], 'admin').kind).toBe('expanded');
    expect(expand(['webhook'], [], 'developer').kind).toBe('refused');
  });
});
