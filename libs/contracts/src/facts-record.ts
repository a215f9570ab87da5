import type { KeyFacts } from '@gatehouse/key-domain/key';
import { MalformedRecord } from './record-reader.js';

/** The facts without their names, in a fixed order: half the bytes, and a third of the time to read them. */
type FactsRow = readonly [
  keyId: KeyFacts['keyId'],
  revision: KeyFacts['revision'],
  api: KeyFacts['api'],
  organizationId: KeyFacts['organizationId'],
  projectId: KeyFacts['projectId'],
  plan: KeyFacts['plan'],
  environment: KeyFacts['environment'],
  name: KeyFacts['name'],
  metadata: KeyFacts['metadata'],
  scopes: KeyFacts['scopes'],
  state: KeyFacts['state'],
  expiresAtMs: KeyFacts['expiresAtMs'],
  allowedAddresses: KeyFacts['allowedAddresses'],
  limits: KeyFacts['limits'],
  organizationLimits: KeyFacts['organizationLimits'],
  organizationSuspended: KeyFacts['organizationSuspended'],
  uses: KeyFacts['uses'],
  creatorRole: KeyFacts['creatorRole'],
  generation: KeyFacts['secret']['generation'],
  endsAtMs: KeyFacts['secret']['endsAtMs'],
];

const FIELDS: FactsRow['length'] = 20;

/** What latin1 has no byte for: escaped, so that the text is kept and sent with one byte for each character. */
const BEYOND_LATIN1 = /[^\0-\xff]/g;

/** The facts as a JSON array whose characters are all latin1. */
export function writeFacts(facts: KeyFacts): string {
  const row: FactsRow = [
    facts.keyId,
    facts.revision,
    facts.api,
    facts.organizationId,
    facts.projectId,
    facts.plan,
    facts.environment,
    facts.name,
    facts.metadata,
    facts.scopes,
    facts.state,
    facts.expiresAtMs,
    facts.allowedAddresses,
    facts.limits,
    facts.organizationLimits,
    facts.organizationSuspended,
    facts.uses,
    facts.creatorRole,
    facts.secret.generation,
    facts.secret.endsAtMs,
  ];
  return JSON.stringify(row).replace(BEYOND_LATIN1, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** @throws MalformedRecord, and SyntaxError where it is no JSON. */
export function readFacts(text: string): KeyFacts {
  const row = JSON.parse(text) as FactsRow;
  if (!Array.isArray(row) || row.length !== FIELDS) throw new MalformedRecord('these are not the facts of a key');
  return {
    keyId: row[0],
    revision: row[1],
    api: row[2],
    organizationId: row[3],
    projectId: row[4],
    plan: row[5],
    environment: row[6],
    name: row[7],
    metadata: row[8],
    scopes: row[9],
    state: row[10],
    expiresAtMs: row[11],
    allowedAddresses: row[12],
    limits: row[13],
    organizationLimits: row[14],
    organizationSuspended: row[15],
    uses: row[16],
    creatorRole: row[17],
    secret: { generation: row[18], endsAtMs: row[19] },
  };
}
