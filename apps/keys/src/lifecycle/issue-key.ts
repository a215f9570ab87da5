import type { Api } from '@gatehouse/catalog/api';
import type { issueKey as issueContract } from '@gatehouse/contracts/keys';
import { displayKey } from '@gatehouse/key-domain/display-key';
import type { z } from 'zod';
import type { KeyRecord } from './key-record.js';

const DAY_MS = 86_400_000;

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
 * Decides whether a key may be created as asked, and what it is. Scopes are those asked for, each once, in their order
 * [X10]; the environment is the profile's first where none is named.
 */
export function issueKey(input: IssueInput, api: Api | undefined, context: IssueContext): IssueDecision {
  if (api === undefined) return refuse('unknown_api', 'api', 'There is no API with this name.');
  const { key: format, scopes } = api.profile;
  for (const scope of input.scopes) {
    if (!Object.hasOwn(scopes, scope)) {
      return refuse('unknown_scope', 'scopes', `This API has the scopes ${Object.keys(scopes).join(', ')} only.`);
    }
  }
  const environment = input.environment ?? Object.keys(format.prefixes)[0] ?? '';
  const prefix = Object.hasOwn(format.prefixes, environment) ? format.prefixes[environment] : undefined;
  if (prefix === undefined) {
    const known = Object.keys(format.prefixes).join(', ');
    return refuse('unknown_environment', 'environment', `This API has the environments ${known} only.`);
  }
  const expiry = readExpiry(input, context.nowMs);
  if (expiry.kind === 'refused') return expiry;
  const secret = context.mint(prefix);
  return { kind: 'issue', secret, key: newKey(input, context, environment, expiry.atMs, displayKey(prefix, secret)) };
}

function newKey(
  input: IssueInput,
  context: IssueContext,
  environment: string,
  expiresAtMs: number | null,
  display: string,
): KeyRecord {
  return {
    keyId: context.keyId,
    revision: 1,
    api: input.api,
    organizationId: input.actor.organizationId,
    projectId: input.projectId,
    plan: input.plan,
    environment,
    scopes: [...new Set(input.scopes)],
    state: 'active',
    expiresAtMs,
    name: input.name,
    display,
    metadata: input.metadata,
    createdAtMs: context.nowMs,
    createdBy: input.actor.accountId,
    revokedAtMs: null,
    revocationReason: null,
  };
}

/** When the key ends [E8]: in so many days, at a moment, or never; a moment that is over is refused. */
function readExpiry(
  input: IssueInput,
  nowMs: number,
): { readonly kind: 'expiry'; readonly atMs: number | null } | Readonly<IssueRefused> {
  const { expiresAt, expiresInDays } = input;
  if (expiresAt !== undefined && expiresInDays !== undefined) {
    return refuse('invalid_expiry', 'expiresInDays', 'Give the days until expiry or its moment, not both.');
  }
  if (expiresInDays !== undefined) return { kind: 'expiry', atMs: nowMs + expiresInDays * DAY_MS };
  if (expiresAt === undefined) return { kind: 'expiry', atMs: null };
  const atMs = Date.parse(expiresAt);
  if (!(atMs > nowMs)) return refuse('invalid_expiry', 'expiresAt', 'The moment of expiry must be in the future.');
  return { kind: 'expiry', atMs };
}

function refuse(code: IssueRefused['code'], field: string, message: string): IssueRefused {
  return { kind: 'refused', code, field, message };
}
