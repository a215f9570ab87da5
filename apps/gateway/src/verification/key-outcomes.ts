import type { RefusalCode } from '@gatehouse/catalog/refusals';
import type { ProblemCode } from '@gatehouse/contracts/problems';

/** What the verification API says of a key. */
export type VerifyCode =
  | 'VALID'
  | 'NOT_FOUND'
  | 'MALFORMED'
  | 'FORBIDDEN'
  | 'INSUFFICIENT_PERMISSIONS'
  | 'USAGE_EXCEEDED'
  | 'RATE_LIMITED'
  | 'DISABLED'
  | 'EXPIRED'
  | 'REVOKED'
  | 'IP_NOT_ALLOWED'
  | 'ORG_SUSPENDED'
  | 'QUARANTINED'
  | 'ROTATED';

/** One refusal of a key: as the verification says it of others, and as a problem to whoever came with the key itself. */
export interface KeyOutcome {
  readonly code: Exclude<VerifyCode, 'VALID'>;
  readonly problem: ProblemCode;
}

/**
 * THE table from the decision, which every door shares, to the management API. `unavailable`: nothing was decided, so
 * the request is answered 503. `not_of_a_key`: of a request to a published API, which no decision about a key alone
 * can be.
 */
export const KEY_OUTCOMES: Readonly<Record<RefusalCode, KeyOutcome | 'unavailable' | 'not_of_a_key'>> = {
  key_malformed: { code: 'MALFORMED', problem: 'key_invalid' },
  key_unknown: { code: 'NOT_FOUND', problem: 'key_invalid' },
  key_of_other_api: { code: 'FORBIDDEN', problem: 'key_invalid' },
  key_revoked: { code: 'REVOKED', problem: 'key_ended' },
  key_disabled: { code: 'DISABLED', problem: 'key_ended' },
  secret_retired: { code: 'ROTATED', problem: 'key_ended' },
  key_expired: { code: 'EXPIRED', problem: 'key_ended' },
  organization_suspended: { code: 'ORG_SUSPENDED', problem: 'key_refused' },
  address_refused: { code: 'IP_NOT_ALLOWED', problem: 'key_refused' },
  key_of_other_environment: { code: 'FORBIDDEN', problem: 'key_refused' },
  key_of_other_project: { code: 'FORBIDDEN', problem: 'key_refused' },
  key_quarantined: { code: 'QUARANTINED', problem: 'key_refused' },
  scope_missing: { code: 'INSUFFICIENT_PERMISSIONS', problem: 'permission_denied' },
  uses_exhausted: { code: 'USAGE_EXCEEDED', problem: 'key_refused' },
  rate_limited: { code: 'RATE_LIMITED', problem: 'rate_limited' },
  verification_unavailable: 'unavailable',
  limits_unavailable: 'unavailable',
  path_ambiguous: 'not_of_a_key',
  body_malformed: 'not_of_a_key',
  token_invalid: 'not_of_a_key',
  token_expired: 'not_of_a_key',
  token_ended: 'not_of_a_key',
  credentials_invalid: 'not_of_a_key',
  second_factor_required: 'not_of_a_key',
  second_factor_invalid: 'not_of_a_key',
  refresh_token_invalid: 'not_of_a_key',
  account_disabled: 'not_of_a_key',
  membership_missing: 'not_of_a_key',
  body_too_large: 'not_of_a_key',
  body_unsupported: 'not_of_a_key',
  body_invalid: 'not_of_a_key',
  too_many_attempts: 'not_of_a_key',
  sign_in_unavailable: 'not_of_a_key',
  request_malformed: 'not_of_a_key',
  credential_repeated: 'not_of_a_key',
  credentials_disagree: 'not_of_a_key',
  credential_missing: 'not_of_a_key',
  credential_malformed: 'not_of_a_key',
  browser_refused: 'not_of_a_key',
  https_required: 'not_of_a_key',
  route_unknown: 'not_of_a_key',
  headers_too_large: 'not_of_a_key',
  upgrade_unsupported: 'not_of_a_key',
  upstream_unreachable: 'not_of_a_key',
  draining: 'not_of_a_key',
  upstream_timeout: 'not_of_a_key',
};
