import type { Api } from '@gatehouse/catalog/api';
import type { EdgePorts } from './authorize-secret.js';
import type { PersonFacts } from './caller.js';
import { allow, type Decision, deny, denyLimited } from './decision.js';
import { judgePerson } from './judge-person.js';
import { limitsFor } from './limits-for.js';
import type { Needs } from './needs.js';

/** What is known of a token now. `unavailable`: nobody could say, so nobody is let in, and nobody told a token is bad. */
export type PersonLookup =
  | PersonFacts
  | 'token_invalid'
  | 'token_expired'
  | 'token_ended'
  | 'membership_missing'
  | 'unavailable';

/** Who is behind a token that came to this API, by asking identity; every request asks. */
export type FindPerson = (token: string, api: Api) => Promise<PersonLookup>;

/** What the decision about a token needs of the world outside. */
export type TokenPorts = Pick<EdgePorts, 'takeLimits'> & { readonly findPerson: FindPerson };

const TOKEN_MAX_LENGTH = 8_192;
/** Three parts of base64url (RFC 7515 section 7.1); the last one is empty where somebody took the signature off. */
const JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/**
 * THE DECISION about an access token: shape -> person -> verdict -> limits. As with secrets, cheap refusals come first,
 * and only what nothing else refuses is charged.
 */
export async function authorizeToken(token: string, needs: Needs, ports: TokenPorts): Promise<Decision> {
  const { published, cost } = needs;
  if (token.length > TOKEN_MAX_LENGTH || !JWS.test(token)) return deny('token_invalid');

  const found = await ports.findPerson(token, published.api);
  if (found === 'unavailable') return deny('verification_unavailable');
  if (typeof found === 'string') return deny(found);
  const refusal = judgePerson(found, needs);
  if (refusal !== undefined) return deny(refusal, found);

  const presented = { kind: 'token', token } as const;
  const charge = cost === 0 ? undefined : limitsFor(found, published.api, cost);
  if (charge === undefined) return allow(found, presented, needs, []);
  const taken = await ports.takeLimits(published, charge);
  if (taken.kind === 'unavailable') return deny('limits_unavailable', found);
  if (taken.kind === 'refused') return denyLimited(found, taken.windows, taken.retryAfterSeconds);
  return allow(found, presented, needs, taken.windows);
}
