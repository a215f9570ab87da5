import { type Caller, isPerson } from './caller.js';

/** Longer lists are left out of the header: an upstream that reads it then sees fewer rights, never more. */
const SCOPES_HEADER_MAX_LENGTH = 2_048;

const headersByCaller = new WeakMap<Caller, readonly string[]>();

/** What upstreams are told about the caller, as names and values in turn; built once for each set of facts. */
export function principalHeaders(facts: Caller): readonly string[] {
  let headers = headersByCaller.get(facts);
  if (headers === undefined) {
    headers = build(facts);
    headersByCaller.set(facts, headers);
  }
  return headers;
}

function build(facts: Caller): readonly string[] {
  const headers = isPerson(facts)
    ? ['x-gatehouse-account', facts.accountId, 'x-gatehouse-organization', facts.organizationId]
    : [
        'x-gatehouse-key-id',
        facts.keyId,
        'x-gatehouse-organization',
        facts.organizationId,
        'x-gatehouse-project',
        facts.projectId,
        'x-gatehouse-environment',
        facts.environment,
      ];
  const scopes = facts.scopes.join(' ');
  if (scopes.length <= SCOPES_HEADER_MAX_LENGTH) headers.push('x-gatehouse-scopes', scopes);
  return headers;
}
