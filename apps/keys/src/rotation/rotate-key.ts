import type { Api } from '@gatehouse/catalog/api';
import type { rotateKey as rotateContract } from '@gatehouse/contracts/keys';
import { displayKey } from '@gatehouse/key-domain/display-key';
import { readPrefixes, writePrefix } from '@gatehouse/key-domain/key-prefix';
import type { z } from 'zod';
import { isExpired } from '../lifecycle/change-state.js';
import { type KeyDecision, nextRevision } from '../lifecycle/key-decision.js';
import { ENDED_MS, type KeyRecord } from '../lifecycle/key-record.js';
import type { SealedDigest } from '../secrets/peppers.js';

type RotateRefused = Extract<z.output<typeof rotateContract.output>, { kind: 'refused' }>;

export interface RotateContext {
  readonly nowMs: number;
  readonly graceSeconds: number;
  readonly projectSlug: string;
  /** Makes a secret with this prefix. */
  readonly mint: (prefix: string) => string;
  /** The form in which a secret is stored. */
  readonly seal: (secret: string) => SealedDigest;
}

export type RotateDecision =
  | { readonly kind: 'rotate'; readonly decision: KeyDecision; readonly secret: string }
  | {
      readonly kind: 'refused';
      readonly code: RotateRefused['code'];
      readonly field?: string;
      readonly message: string;
    };

/**
 * Decides about a rotation in place: the same key with a new secret. The old one is good until the grace ends, never
 * beyond the key's own expiry. One rotation at a time: with three secrets nobody would know which of them is in use.
 */
export function rotateKey(key: KeyRecord, api: Api | undefined, context: RotateContext): RotateDecision {
  const { nowMs, graceSeconds } = context;
  if (api?.profile.rotation.inPlace !== true) {
    return refuse('rotation_not_offered', 'Keys of this API are replaced: create one, swap, revoke the old one.');
  }
  if (key.state === 'revoked') return refuse('key_revoked', 'A revoked key cannot be rotated.');
  if (key.state !== 'active') return refuse('key_disabled', 'Enable the key before it is rotated.');
  if (isExpired(key, nowMs)) return refuse('key_expired', 'An expired key cannot be rotated.');
  const { graceSecondsMax } = api.profile.rotation;
  if (graceSeconds > graceSecondsMax) {
    return refuse('invalid_grace', `The grace is ${graceSecondsMax} seconds at most.`, 'graceSeconds');
  }
  const { current, old, lastGeneration } = key.secrets;
  if (old !== null && old.endsAtMs > nowMs) {
    return refuse('rotation_under_way', 'Finish or cancel the rotation that is under way first.');
  }
  const prefix = readPrefixes(api.profile.key.prefixes).find(({ environment }) => environment === key.environment);
  if (prefix === undefined) return refuse('rotation_not_offered', 'The API has no such environment any more.');
  const begins = writePrefix(prefix, context.projectSlug);
  const secret = context.mint(begins);
  const generation = lastGeneration + 1;
  const graceUntilMs = Math.min(nowMs + graceSeconds * 1_000, key.expiresAtMs ?? Number.POSITIVE_INFINITY);
  const endsAtMs = graceSeconds === 0 ? ENDED_MS : graceUntilMs;
  const added = { generation, display: displayKey(begins, secret), createdAtMs: nowMs };
  const rotated = nextRevision(key, {
    secrets: { current: added, old: { ...current, endsAtMs }, lastGeneration: generation },
  });
  return {
    kind: 'rotate',
    secret,
    decision: {
      kind: 'change',
      key: rotated,
      action: 'key.rotated',
      atMs: nowMs,
      detail: { generation, graceUntil: new Date(graceUntilMs).toISOString() },
      secrets: { ends: { generation: current.generation, endsAtMs }, current: { ...added, ...context.seal(secret) } },
    },
  };
}

function refuse(code: RotateRefused['code'], message: string, field?: string): RotateDecision {
  return { kind: 'refused', code, message, ...(field === undefined ? {} : { field }) };
}
