import type { FederationDoor } from './federation-door.js';
import type { KeptState } from './github.provider.js';
import { arrivalOf, journeyOf } from './journey.js';
import { newUnguessable } from './round-trip.js';
import type { DepartureOutcome } from './round-trips.store.js';

/** Nobody is sent to GitHub. */
export class DepartureRefused extends Error {
  constructor(readonly code: Exclude<DepartureOutcome, 'begun'>) {
    super(code);
  }
}

/**
 * What Passport must keep between the two requests of a sign-in: written down before the browser leaves, and taken back by
 * the return guard before Passport is asked. How many parameters the two functions have tells passport-oauth2 what they are.
 */
export function githubState(begin: FederationDoor['begin']): KeptState {
  return {
    store: (request, verifier, _state, _meta, done) => {
      departFor(begin, request, verifier).then(
        (state) => done(null, state),
        (error: unknown) => done(error),
      );
    },
    verify: (request, _state, _meta, done) => done(null, arrivalOf(request).trip.verifier),
  };
}

async function departFor(begin: FederationDoor['begin'], request: object, verifier: string): Promise<string> {
  const { browser, linker, origin } = journeyOf(request).context;
  if (browser === null) throw new Error('the gateway has not bound the browser');
  const state = newUnguessable();
  const outcome = await begin({
    state,
    browser,
    origin,
    trip: { provider: 'github', verifier, nonce: null, linker },
  });
  if (outcome !== 'begun') throw new DepartureRefused(outcome);
  return state;
}
