import type { Use } from './use.js';

/** For tests: a moment, and a request that came in then. */
export const START_MS = Date.UTC(2026, 0, 15, 12);

export function exampleUse(changes: Partial<Use> = {}): Use {
  return {
    keyId: 'key_1',
    generation: 1,
    retiring: false,
    requestId: 'req_1',
    atMs: START_MS,
    address: '192.0.2.1',
    userAgent: 'curl/8',
    method: 'GET',
    path: '/invoices',
    route: 'GET /invoices',
    scopesNeeded: ['invoices.read'],
    cost: 2,
    status: 200,
    outcome: 'ok',
    allowed: true,
    logged: false,
    ...changes,
  };
}
