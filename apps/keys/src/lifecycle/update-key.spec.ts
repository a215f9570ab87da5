import { anApi } from '@gatehouse/catalog/an-api.conformance';
import type { Role } from '@gatehouse/contracts/actor';
import { describe, expect, it } from '@jest/globals';
import { aKeyRecord } from '../a-key-record.conformance.js';
import { type UpdateInput, updateKey } from './update-key.js';

const NOW_MS = Date.UTC(2026, 0, 15);
const at = (unixMs: number) => new Date(unixMs).toISOString();

function update(changes: Partial<UpdateInput>, key = aKeyRecord(), role: Role = 'developer') {
  const actor = { accountId: 'acc_1', organizationId: 'org_1', role, address: '192.0.2.1', requestId: 'r' };
  return updateKey(key, { actor, keyId: key.keyId, ...changes }, anApi(), NOW_MS);
}

describe('updateKey', () => {
  it('changes what is named, one revision later, and leaves the rest', () => {
    const key = aKeyRecord({ metadata: { team: 'a' }, expiresAtMs: NOW_MS + 1 });
    expect(update({ name: 'Other' }, key)).toEqual({
      kind: 'change',
      key: { ...key, name: 'Other', revision: 2 },
      action: 'key.updated',
      atMs: NOW_MS,
      detail: { name: 'Other' },
    });
  });

  it('is no change where everything is as it was asked to be', () => {
    const key = aKeyRecord({ allowedAddresses: ['192.0.2.0/24'] });
    const same = { name: key.name, scopes: [...key.scopes], metadata: {}, allowedAddresses: ['192.0.2.0/24'] };
    expect(update(same, key)).toEqual({ kind: 'unchanged', key });
    expect(update({}, key)).toEqual({ kind: 'unchanged', key });
  });

  it('never gives a scope that the role of who asks may not grant, wildcards and roles included', () => {
    for (const scopes of [['admin'], ['*'], ['invoices.*'], ['invoices.read', 'invoices.void']]) {
      expect(update({ scopes })).toMatchObject({ kind: 'refused', code: 'permission_denied', field: 'scopes' });
    }
    expect(update({ scopes: ['invoices.*'] }, aKeyRecord(), 'admin')).toMatchObject({
      key: { scopes: ['invoices.read', 'invoices.write', 'invoices.void'] },
    });
    expect(update({ roles: ['clerk'] })).toMatchObject({ key: { scopes: ['invoices.read', 'invoices.write'] } });
    expect(update({ roles: ['boss'] })).toMatchObject({ code: 'unknown_role' });
    expect(update({ scopes: ['nothing.*'] })).toMatchObject({ code: 'unknown_scope' });
  });

  it('lets a scope stay that the key has already, whoever narrows the others', () => {
    const key = aKeyRecord({ scopes: ['admin', 'invoices.read', 'long.gone'] });
    expect(update({ scopes: ['admin', 'long.gone'] }, key)).toMatchObject({ key: { scopes: ['admin', 'long.gone'] } });
    expect(update({ scopes: [] }, key)).toMatchObject({ key: { scopes: [] } });
  });

  it('[E9] changes nothing of a key that is revoked or has expired', () => {
    const expired = aKeyRecord({ expiresAtMs: NOW_MS });
    expect(update({ expiresAt: at(NOW_MS + 1) }, expired)).toMatchObject({ code: 'key_expired' });
    expect(update({ expiresAt: null }, expired)).toMatchObject({ code: 'key_expired' });
    expect(update({ name: 'x' }, aKeyRecord({ state: 'revoked' }))).toMatchObject({ code: 'key_revoked' });
  });

  it('moves the end of a key that has not come, never into the past', () => {
    expect(update({ expiresAt: at(NOW_MS + 1) })).toMatchObject({ key: { expiresAtMs: NOW_MS + 1 } });
    expect(update({ expiresAt: null }, aKeyRecord({ expiresAtMs: NOW_MS + 9 }))).toMatchObject({
      key: { expiresAtMs: null },
    });
    expect(update({ expiresAt: at(NOW_MS) })).toMatchObject({ code: 'invalid_expiry', field: 'expiresAt' });
  });

  it('refuses an address list of which one entry cannot be read: it never opens a key by mistake', () => {
    expect(update({ allowedAddresses: ['192.0.2.0/24', 'office'] })).toMatchObject({ code: 'invalid_address' });
    expect(update({ allowedAddresses: ['192.0.2.7', '192.0.2.7', '2001:DB8::/32'] })).toMatchObject({
      key: { allowedAddresses: ['192.0.2.7', '2001:db8::/32'] },
    });
  });
});
