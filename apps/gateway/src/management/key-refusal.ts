import type { ProblemCode } from '@gatehouse/contracts/problems';
import { Refusal } from './refusal.js';

/** Why the keys service refuses a change. */
interface KeyRefused {
  readonly code: string;
  readonly field?: string | undefined;
  readonly message: string;
}

/** Refusals that are about the key or the organization, not about a field: each has a problem of its own. */
const PROBLEM_OF: Readonly<Record<string, ProblemCode>> = {
  permission_denied: 'permission_denied',
  idempotency_conflict: 'idempotency_conflict',
  key_quota_reached: 'key_quota_reached',
  key_revoked: 'key_revoked',
  key_expired: 'key_expired',
  key_disabled: 'key_disabled',
  rotation_not_offered: 'rotation_not_offered',
  rotation_under_way: 'rotation_under_way',
  no_rotation: 'no_rotation',
};

const FIELD_OF_CODE: Readonly<Record<string, string>> = {
  unknown_api: 'api',
  unknown_scope: 'scopes',
  unknown_role: 'roles',
  unknown_environment: 'environment',
  invalid_expiry: 'expires_at',
  invalid_address: 'allowed_ips',
  invalid_grace: 'grace_seconds',
};

/** The same refusal as the management API says it: a problem of its own, or the field that is to blame. */
export function keyRefusal(refused: KeyRefused): Refusal {
  const problem = PROBLEM_OF[refused.code];
  if (problem === 'idempotency_conflict') return new Refusal(problem);
  if (problem !== undefined) return new Refusal(problem, { detail: refused.message });
  const field = refused.field === 'expiresInDays' ? 'expires_in_days' : (FIELD_OF_CODE[refused.code] ?? 'body');
  return new Refusal('validation_error', { errors: { [field]: refused.message } });
}
