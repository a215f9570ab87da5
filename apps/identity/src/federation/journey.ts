import type { FederationContext } from '@gatehouse/contracts/federation';
import type { Callback } from './callback.js';
import type { ProviderAnswer } from './provider.js';
import type { RoundTrip } from './round-trip.js';
import type { DepartureOutcome } from './round-trips.store.js';

/** What the guards of one HTTP request have found out, one after the other. */
export interface Journey {
  readonly context: FederationContext;
  /** Where somebody has come back: from where, and with what. */
  readonly arrived?: { readonly callback: Callback; readonly trip: RoundTrip };
  /** Why nobody was sent to the provider, where Passport was to do it. */
  readonly notBegun?: Exclude<DepartureOutcome, 'begun'>;
  /** What the provider said, where Passport has asked. */
  readonly answer?: ProviderAnswer;
}

const journeys = new WeakMap<object, Journey>();

/** Adds what was found out to what is known of a request. */
export function remember(request: object, journey: Journey): void {
  journeys.set(request, journey);
}

/** @throws Error for a request that no guard has let in. */
export function journeyOf(request: object): Journey {
  const journey = journeys.get(request);
  if (journey === undefined) throw new Error('a request that the gateway guard has not seen');
  return journey;
}

/** @throws Error for a request that nobody has come back with. */
export function arrivalOf(request: object): NonNullable<Journey['arrived']> {
  const { arrived } = journeyOf(request);
  if (arrived === undefined) throw new Error('a request that the return guard has not seen');
  return arrived;
}
