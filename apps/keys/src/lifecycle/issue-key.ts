import type { Api } from '@gatehouse/catalog/api';
import type { issueKey as issueContract } from '@gatehouse/contracts/keys';
import { displayKey } from '@gatehouse/key-domain/display-key';
import { writePrefix } from '@gatehouse/key-domain/key-prefix';
import type { z } from 'zod';
import type { KeyRecord } from './key-record.js';
import { readAddresses, readEnvironment, readExpiry, readScopes } from './read-request.js';

export type IssueInput = z.output<typeof issueContract.input>;
type IssueRefused = Extract<z.output<typeof issueContract.output>, { kind: 'refused' }>;

export type IssueDecision =
  | { readonly kind: 'issue'; readonly key: KeyRecord; readonly secret: string }
  | Readonly<IssueRefused>;

/** The moment, and the two things that chance decides: the id, and the secret for a prefix. */
export interface IssueContext {
  readonly nowMs: number;
  readonly keyId: string;
  readonly mint: (prefix: string) => string;
}

/**
 * Decides whether a key may be created as asked, and what it is. It gets the scopes that were asked for and that the
 * role of who asks may grant [X10]; the environment is the profile's first where none is named.
 */
export function issueKey(input: IssueInput, api: Api | undefined, context: IssueContext): IssueDecision {
  if (api === undefined) return refuse('unknown_api', 'api', 'There is no API with this name.');
  const scopes = readScopes(input, api, input.actor);
  if (scopes.kind === 'refused') return scopes;
  const prefix = readEnvironment(input.environment, api);
  if (prefix.kind === 'refused') return prefix;
  const expiry = readExpiry(input, context.nowMs);
  if (expiry.kind === 'refused') return expiry;
  const addresses = readAddresses(input.allowedAddresses);
  if (addresses.kind === 'refused') return addresses;
  const begins = writePrefix(prefix.value, input.projectSlug);
  const secret = context.mint(begins);
  const key: KeyRecord = {
    keyId: context.keyId,
    revision: 1,
    api: input.api,
    organizationId: input.actor.organizationId,
    projectId: input.projectId,
    environment: prefix.value.environment,
    name: input.name,
    metadata: input.metadata,
    scopes: scopes.value,
    state: 'active',
    allowedAddresses: addresses.value,
    limits: input.limits ?? null,
    remainingUses: input.remainingUses ?? null,
    expiresAtMs: expiry.value,
    createdAtMs: context.nowMs,
    createdBy: input.actor.accountId,
    creatorRole: input.actor.role,
    revokedAtMs: null,
    revocationReason: null,
    removedAtMs: null,
    secrets: {
      current: { generation: 1, display: displayKey(begins, secret), createdAtMs: context.nowMs },
      old: null,
      lastGeneration: 1,
    },
  };
  return { kind: 'issue', secret, key };
}

function refuse(code: IssueRefused['code'], field: string, message: string): IssueRefused {
  return { kind: 'refused', code, field, message };
}
