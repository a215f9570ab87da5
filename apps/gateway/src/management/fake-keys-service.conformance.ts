import * as imports from '@gatehouse/contracts/imports';
import * as keys from '@gatehouse/contracts/keys';
import { type Leak, reportLeaks } from '@gatehouse/contracts/leaks';
import { listNotices, readNotice } from '@gatehouse/contracts/notices';
import * as possession from '@gatehouse/contracts/possession';
import * as usage from '@gatehouse/contracts/usage';
import { at, type FakeAnswers, type FakeWorld, ORGANIZATIONS, project } from './fake-world.conformance.js';

export function keyView(overrides: Partial<keys.KeyView> = {}): keys.KeyView {
  return {
    id: 'key_DDDDDDDDDDDDDDDDDDDDDD',
    display: 'ex_live_...AbCd',
    name: 'ci',
    api: 'exante',
    organizationId: ORGANIZATIONS[0],
    projectId: project.id,
    environment: 'live',
    scopes: ['invoices.read'],
    state: 'active',
    metadata: {},
    allowedAddresses: [],
    limits: null,
    remainingUses: null,
    createdAt: at(0),
    createdBy: 'acc_owner',
    createdByRole: 'owner',
    expiresAt: null,
    revokedAt: null,
    revocationReason: null,
    rotation: null,
    rotationDue: false,
    lastUsed: null,
    ...overrides,
  };
}

export const notice = {
  id: 'ntc_EEEEEEEEEEEEEEEEEEEEEE',
  at: at(0),
  kind: 'key.leaked',
  keyId: 'key_DDDDDDDDDDDDDDDDDDDDDD',
  detail: { action: 'revoked', url: 'https://github.com/o/r/blob/1/a.txt' },
  readAt: null,
};

/** Stands in for `keys`: the life of keys, imports, usage, leaks, notices. */
export function fakeKeysService(world: FakeWorld): FakeAnswers {
  return [
    [
      imports.importKeys,
      ({ rows }: { rows: readonly { line: number; name: string }[] }) => ({
        kind: 'settled',
        outcomes: rows.map(({ line, name }) =>
          name === 'expired'
            ? { status: 'refused', line, code: 'invalid_expiry', field: 'expiresAt', message: 'It is over.' }
            : { status: name === 'there' ? 'exists' : 'imported', line, keyId: `key_${line}` },
        ),
      }),
    ],
    [
      imports.exportKeys,
      ({ cursor }: { cursor?: string }) => ({
        kind: 'exported',
        keys: [keyView({ name: `page ${cursor ?? '1'}` })],
        nextCursor: cursor === undefined ? '2' : cursor === '2' ? '3' : null,
      }),
    ],
    [keys.issueKey, () => ({ kind: 'issued', key: keyView(), secret: 'ex_live_the-secret' })],
    [keys.listKeys, () => ({ kind: 'listed', keys: [keyView(), keyView({ state: 'expired' })], nextCursor: 'next' })],
    [
      keys.getKey,
      ({ keyId }: { keyId: string }) =>
        keyId === keyView().id ? { kind: 'found', key: keyView() } : { kind: 'not_found' },
    ],
    [
      keys.revokeKey,
      ({ keyId, reason }: { keyId: string; reason?: string }) =>
        keyId === keyView().id
          ? {
              kind: 'revoked',
              key: keyView({ state: 'revoked', revokedAt: at(0), revocationReason: reason ?? null }),
              settlement: {
                heldAt: at(0),
                acknowledged: [{ holderId: 'f'.repeat(32), kind: 'keys' }],
                expired: [],
                listed: true,
              },
            }
          : { kind: 'not_found' },
    ],
    ...[usage.getUsage, usage.listRequests, usage.getScopeUse].map((contract) => [
      contract,
      () => ({ kind: 'not_found' }),
    ]),
    [
      reportLeaks,
      ({ leaks }: { leaks: Leak[] }) => ({
        kind: 'reported',
        known: leaks.map(({ digest }) => world.digests.has(digest)),
      }),
    ],
    [listNotices, () => ({ kind: 'listed', notices: [notice], nextCursor: 'next' })],
    [
      readNotice,
      ({ noticeId }: { noticeId: string }) =>
        noticeId === notice.id ? { kind: 'read', notice: { ...notice, readAt: at(0) } } : { kind: 'not_found' },
    ],
    [possession.selfRevokeKey, () => ({ kind: 'unknown' })],
  ] as FakeAnswers;
}
