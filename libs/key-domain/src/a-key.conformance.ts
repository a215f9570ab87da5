import type { KeyFacts } from './key.js';

/** A key for tests: good for everything, but for what the test changes. */
export function aKey(changes: Partial<KeyFacts> = {}): KeyFacts {
  return {
    keyId: 'key_1',
    revision: 1,
    api: 'exante',
    organizationId: 'org_1',
    projectId: 'prj_1',
    plan: 'free',
    environment: 'live',
    name: 'Production',
    metadata: {},
    scopes: ['invoices.read', 'invoices.write'],
    state: 'active',
    expiresAtMs: null,
    allowedAddresses: [],
    limits: null,
    organizationLimits: null,
    organizationSuspended: false,
    uses: 'unlimited',
    creatorRole: 'developer',
    secret: { generation: 1, endsAtMs: null },
    ...changes,
  };
}
