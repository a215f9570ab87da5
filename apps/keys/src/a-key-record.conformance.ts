import type { KeyRecord } from './lifecycle/key-record.js';

/** A key for tests, good for everything but for what the test changes. */
export function aKeyRecord(changes: Partial<KeyRecord> = {}): KeyRecord {
  return {
    keyId: 'key_1',
    revision: 1,
    api: 'exante',
    organizationId: 'org_1',
    projectId: 'prj_1',
    environment: 'live',
    name: 'Production',
    metadata: {},
    scopes: ['invoices.read'],
    state: 'active',
    allowedAddresses: [],
    limits: null,
    remainingUses: null,
    expiresAtMs: null,
    createdAtMs: 0,
    createdBy: 'acc_1',
    creatorRole: 'developer',
    revokedAtMs: null,
    revocationReason: null,
    removedAtMs: null,
    secrets: {
      current: { generation: 1, display: 'ex_live_...AbCd', createdAtMs: 0 },
      old: null,
      lastGeneration: 1,
    },
    ...changes,
  };
}
