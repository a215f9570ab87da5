import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { WindowState } from '@gatehouse/limit-domain/limit';
import type { VerifyCode } from './key-outcomes.js';

/** What the verification says of one key. */
export interface VerifyResult {
  readonly code: VerifyCode;
  /** Null: the text is the secret of no key that the asker may know of. */
  readonly facts: KeyFacts | null;
  readonly windows: readonly WindowState[];
  readonly retryAfterSeconds: number | null;
  /** Null where nobody counts, or where it cannot be said at the moment. */
  readonly remainingUses: number | null;
}

const MESSAGES: Readonly<Record<VerifyCode, string>> = {
  VALID: 'The key is valid.',
  NOT_FOUND: 'There is no such key.',
  MALFORMED: 'This is not a key: its prefix, its length or its check is wrong.',
  FORBIDDEN: 'The key is of another API, project or environment.',
  INSUFFICIENT_PERMISSIONS: 'The key does not have the permissions that were asked for.',
  USAGE_EXCEEDED: 'The key has been used as often as it may be.',
  RATE_LIMITED: 'A rate limit is used up.',
  DISABLED: 'The key is disabled.',
  EXPIRED: 'The key has expired.',
  REVOKED: 'The key has been revoked.',
  IP_NOT_ALLOWED: 'The key may not be used from this address.',
  ORG_SUSPENDED: 'The organization of the key is suspended.',
  QUARANTINED: 'The key is quarantined.',
  ROTATED: 'The key was rotated, and this secret of it is no longer valid.',
};

/** One verification as the management API answers it. Without facts it is the same text for every key. */
export function verifyJson({ code, facts, windows, retryAfterSeconds, remainingUses }: VerifyResult) {
  return {
    valid: code === 'VALID',
    code,
    message: MESSAGES[code],
    key_id: facts?.keyId ?? null,
    name: facts?.name ?? null,
    api: facts?.api ?? null,
    organization_id: facts?.organizationId ?? null,
    project_id: facts?.projectId ?? null,
    environment: facts?.environment ?? null,
    scopes: facts?.scopes ?? [],
    metadata: facts?.metadata ?? {},
    plan: facts?.plan ?? null,
    expires_at: facts === null || facts.expiresAtMs === null ? null : new Date(facts.expiresAtMs).toISOString(),
    ...(remainingUses === null ? {} : { remaining_uses: remainingUses }),
    limits: windows.map(limitJson),
    ...(retryAfterSeconds === null ? {} : { retry_after: retryAfterSeconds }),
  };
}

function limitJson({ subject, windowSeconds, quota, remaining, resetAtSeconds }: WindowState) {
  return {
    subject: subject.startsWith('key:') ? 'key' : 'organization',
    window_seconds: windowSeconds,
    quota,
    remaining,
    reset_at: new Date(resetAtSeconds * 1000).toISOString(),
  };
}
