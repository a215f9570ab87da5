import type { KeyFacts } from '@gatehouse/key-domain/key';

/** Longer lists are left out of the header: an upstream that reads it then sees fewer rights, never more. */
const SCOPES_HEADER_MAX_LENGTH = 2_048;

const headersByKey = new WeakMap<KeyFacts, readonly string[]>();

/** What upstreams are told about the caller, as names and values in turn; built once for each set of facts. */
export function principalHeaders(facts: KeyFacts): readonly string[] {
  let headers = headersByKey.get(facts);
  if (headers === undefined) {
    headers = build(facts);
    headersByKey.set(facts, headers);
  }
  return headers;
}

function build(facts: KeyFacts): readonly string[] {
  const headers = [
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
