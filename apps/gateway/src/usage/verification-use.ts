import { type PermissionQuery, scopesAskedFor } from '@gatehouse/key-domain/permission-query';
import type { VerifyResult } from '../verification/verify-answer.js';
import type { Use } from './use.js';
import { bounded } from './use-of.js';

/**
 * What stands in the place of a route where a key was verified over HTTP. Routes of an API are a method and a path, so that
 * the two are never taken for each other.
 */
const VERIFICATION_ROUTE = 'verification';

/** One question about a key, as far as its use is told of. */
export interface Verification {
  /** Path of the management API. */
  readonly path: string;
  readonly requestId: string;
  /** Where the key is used, as the asker says. */
  readonly usedFrom: string | null;
  /** Where the question came from, which is told where the asker says nothing; and with which program. */
  readonly askedFrom: string;
  readonly userAgent: string;
  readonly permissions: PermissionQuery | null;
  readonly cost: number;
}

/**
 * What is to be told of a verification; undefined where it was not about a key that the asker has the secret of. Scopes
 * count as used where the question named them: whoever narrows the key down must not take them away.
 */
export function verificationUse(asked: Verification, { code, facts }: VerifyResult, nowMs: number): Use | undefined {
  if (facts === null) return undefined;
  const { secret } = facts;
  return {
    keyId: facts.keyId,
    generation: secret.generation,
    retiring: secret.endsAtMs !== null,
    requestId: asked.requestId,
    atMs: nowMs,
    address: asked.usedFrom ?? asked.askedFrom,
    userAgent: bounded(asked.userAgent),
    method: 'POST',
    path: asked.path,
    route: VERIFICATION_ROUTE,
    scopesNeeded: asked.permissions === null ? [] : scopesAskedFor(asked.permissions, facts.scopes),
    cost: asked.cost,
    allowed: code === 'VALID',
    logged: false,
    status: 200,
    outcome: code,
  };
}
