import type { Origin } from '../origin.js';
import type { Person } from '../sessions/own-session.store.js';
import type { IssueAccessToken } from '../sign-in/signed-in.js';
import type { FederatedIdentity } from './identities.store.js';
import type { ProviderName, Vouched } from './provider.js';
import type { RoundTrip } from './round-trip.js';
import type { Departure, DepartureOutcome, Return } from './round-trips.store.js';
import type { Settled } from './settle.store.js';
import type { SsoProvider } from './sso.client.js';
import type { UnlinkOutcome } from './unlink.store.js';

export const FEDERATION_DOOR = Symbol('federation door');

/** What signing in with a provider does to the world. */
export interface FederationDoor {
  /** What the gateway shows at the HTTP port. */
  readonly gatewaySecret: string;
  readonly configured: readonly ProviderName[];
  /** The name under which Passport knows this process's GitHub; undefined: not configured. */
  readonly githubStrategy: string | undefined;
  readonly sso: SsoProvider | undefined;
  begin(departure: Departure): Promise<DepartureOutcome>;
  take(arrived: Return): Promise<RoundTrip | undefined>;
  settle(trip: RoundTrip, vouched: Vouched, origin: Origin): Promise<Settled>;
  identitiesOf(accountId: string): Promise<readonly FederatedIdentity[]>;
  unlink(person: Person, identityId: string): Promise<UnlinkOutcome>;
  readonly issueAccessToken: IssueAccessToken;
  countSignIn(outcome: string): void;
  /** Why a provider could not be used: for the log. */
  failed(provider: ProviderName, error: unknown): void;
}
