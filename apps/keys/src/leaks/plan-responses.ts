import type { LeakPolicy } from '@gatehouse/catalog/api';
import type { Leak } from '@gatehouse/contracts/leaks';
import type { AuditAction } from '../lifecycle/audit-action.js';
import type { NewNotice } from '../notices/notice.js';
import { judgeLeak, type LeakedSecret, type LeakResponse } from './judge-leak.js';

/** A leak whose secret is, or was, one of a key. */
export interface FoundLeak {
  readonly leak: Leak;
  readonly secret: LeakedSecret;
}

/** What one place where a secret was found leads to. */
export interface PlannedResponse extends NewNotice {
  readonly keyId: string;
  readonly secret: LeakedSecret;
  readonly response: LeakResponse;
}

/** What the notice and the entry of the audit log are. */
const LEAKED = 'key.leaked' satisfies AuditAction;

/** One key may be found in any number of forks; its owner is told of so many of them by one message. */
const PLACES_OF_A_KEY_MAX = 20;

/**
 * Plans a notice for each key and each place where it was found, and with it what happens to the key.
 * @param policyOf by the name of an API; keys of one that is no longer published are revoked.
 */
export function planResponses(
  found: readonly FoundLeak[],
  reporter: string,
  policyOf: (api: string) => LeakPolicy | undefined,
  nowMs: number,
): PlannedResponse[] {
  const planned = new Map<string, Map<string, PlannedResponse>>();
  for (const { leak, secret } of found) {
    const { keyId, organizationId, api, display, generation } = secret;
    const places = planned.get(keyId) ?? new Map<string, PlannedResponse>();
    planned.set(keyId, places);
    const source = `${generation} ${leak.url === '' ? leak.source : leak.url}`;
    if (places.has(source) || places.size >= PLACES_OF_A_KEY_MAX) continue;
    const response = judgeLeak(secret, policyOf(api) ?? 'revoke', nowMs);
    const detail = { response, reporter, source: leak.source, url: leak.url, type: leak.type, api, display };
    places.set(source, { organizationId, kind: LEAKED, keyId, source, detail, secret, response });
  }
  return [...planned.values()].flatMap((places) => [...places.values()]);
}
