import { createHash } from 'node:crypto';

/** What both ends of a measurement know of its load. */
export const KEYS = 20_000;
export const HOLDERS = 200;
export const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export const digestAt = (index) => createHash('sha256').update(`key ${index}`).digest();

export function holderIds() {
  return Array.from({ length: HOLDERS }, (_, index) => index.toString(16).padStart(32, '0'));
}

export function aKeyOf(index) {
  return {
    keyId: `key_${index}`,
    revision: 1,
    api: 'exante',
    organizationId: `org_${index % 1_000}`,
    projectId: 'prj_1',
    plan: 'free',
    environment: 'live',
    name: 'Production',
    metadata: {},
    scopes: ['invoices.read'],
    state: 'active',
    expiresAtMs: null,
    allowedAddresses: [],
    limits: null,
    organizationLimits: null,
    organizationSuspended: false,
    uses: 'unlimited',
    creatorRole: 'developer',
    secret: { generation: 1, endsAtMs: null },
  };
}
