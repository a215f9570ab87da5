import { randomBytes } from 'node:crypto';
import type { KeyUse, UsageReport } from '@gatehouse/contracts/usage-report';

/** For tests: a moment, and reports about what came in then. */
export const START_MS = Date.UTC(2026, 0, 15, 12);

export function exampleReport(...keys: readonly KeyUse[]): UsageReport {
  return { reportId: randomBytes(16).toString('hex'), keys: [...keys] };
}

const caller = { address: '192.0.2.1', userAgent: 'curl/8', route: 'GET /invoices' };

/** One allowed request of a key by one caller. */
export function exampleKeyUse(keyId: string, changes: Partial<KeyUse> = {}): KeyUse {
  return {
    keyId,
    last: { lastAtMs: START_MS, ...caller },
    hours: [{ startMs: START_MS, requests: 1, refused: 0, cost: 1, unlogged: 0 }],
    scopes: [{ scope: 'invoices.read', dayMs: Date.UTC(2026, 0, 15), uses: 1, lastAtMs: START_MS }],
    secrets: [exampleSecretUse()],
    log: [exampleRequest()],
    ...changes,
  };
}

export function exampleSecretUse(changes: Partial<KeyUse['secrets'][number]> = {}): KeyUse['secrets'][number] {
  return {
    generation: 1,
    retiring: false,
    uses: 1,
    lastAtMs: START_MS,
    callers: [{ uses: 1, lastAtMs: START_MS, ...caller }],
    ...changes,
  };
}

/** A request of the log, with an id of its own. */
export function exampleRequest(changes: Partial<KeyUse['log'][number]> = {}): KeyUse['log'][number] {
  return {
    requestId: `req_${randomBytes(8).toString('hex')}`,
    atMs: START_MS,
    generation: 1,
    ...caller,
    method: 'GET',
    path: '/invoices',
    status: 200,
    outcome: 'ok',
    cost: 1,
    ...changes,
  };
}
