import type { Api } from '@gatehouse/catalog/api';
import type { updateKey as updateContract } from '@gatehouse/contracts/keys';
import type { z } from 'zod';
import { isExpired } from './change-state.js';
import { type KeyDecision, nextRevision } from './key-decision.js';
import type { KeyRecord } from './key-record.js';
import { readAddresses, readExpiry, readScopes } from './read-request.js';

export type UpdateInput = z.output<typeof updateContract.input>;
type UpdateRefused = Extract<z.output<typeof updateContract.output>, { kind: 'refused' }>;

/**
 * Decides about a change of what a key is called, what it may do and where; what is not named stays. Scopes may be those
 * that the key has already, and those that the role of who asks may grant. A key that has ended stays as it was [E9].
 */
export function updateKey(
  key: KeyRecord,
  input: UpdateInput,
  api: Api | undefined,
  nowMs: number,
): KeyDecision<UpdateRefused['code']> {
  if (key.state === 'revoked') return refuse('key_revoked', 'A revoked key cannot be changed.');
  if (isExpired(key, nowMs)) return refuse('key_expired', 'An expired key cannot be changed or renewed.');
  const changes: { -readonly [Field in keyof KeyRecord]?: KeyRecord[Field] } = {};
  if (input.name !== undefined) changes.name = input.name;
  if (input.metadata !== undefined) changes.metadata = input.metadata;
  if (input.limits !== undefined) changes.limits = input.limits;
  if (input.remainingUses !== undefined) changes.remainingUses = input.remainingUses;
  if (input.scopes !== undefined || input.roles !== undefined) {
    const scopes = newScopes(key, input, api);
    if (scopes.kind === 'refused') return scopes;
    changes.scopes = scopes.value;
  }
  if (input.allowedAddresses !== undefined) {
    const addresses = readAddresses(input.allowedAddresses);
    if (addresses.kind === 'refused') return addresses;
    changes.allowedAddresses = addresses.value;
  }
  if (input.expiresAt !== undefined) {
    const expiry = readExpiry(input, nowMs);
    if (expiry.kind === 'refused') return expiry;
    changes.expiresAtMs = expiry.value;
  }
  const fields = Object.keys(changes).filter(
    (field) => JSON.stringify(changes[field as keyof KeyRecord]) !== JSON.stringify(key[field as keyof KeyRecord]),
  );
  if (fields.length === 0) return { kind: 'unchanged', key };
  const detail = Object.fromEntries(fields.map((field) => [field, changes[field as keyof KeyRecord]]));
  return { kind: 'change', key: nextRevision(key, changes), action: 'key.updated', atMs: nowMs, detail };
}

/** A scope that the key has can stay, also where the API has dropped it or who asks could not grant it anew. */
function newScopes(key: KeyRecord, input: UpdateInput, api: Api | undefined) {
  const asked = input.scopes ?? [];
  const kept = asked.filter((scope) => key.scopes.includes(scope));
  const rest = { scopes: asked.filter((scope) => !key.scopes.includes(scope)), roles: input.roles ?? [] };
  if (rest.scopes.length === 0 && rest.roles.length === 0) return { kind: 'read', value: [...new Set(kept)] } as const;
  if (api === undefined) return refuse('unknown_scope', 'The API of this key is no longer published.', 'scopes');
  const added = readScopes(rest, api, input.actor);
  return added.kind === 'refused' ? added : ({ kind: 'read', value: [...new Set([...kept, ...added.value])] } as const);
}

function refuse<Code extends UpdateRefused['code']>(code: Code, message: string, field?: string) {
  return { kind: 'refused', code, message, ...(field === undefined ? {} : { field }) } as const;
}
