import type { Actor } from '@gatehouse/contracts/actor';
import type { Session } from './authenticate.client.js';

/** Who the guard has let in. `actor` is there on routes that need a permission in an organization. */
export interface Caller {
  /** Undefined: a management key, which routes for accounts never let in [K-06]. */
  readonly session: Session | undefined;
  readonly actor: Actor | undefined;
}

const callerByRequest = new WeakMap<object, Caller>();

/** Keeps the caller for the handler; only the guard does this. */
export function rememberCaller(rawRequest: object, caller: Caller): void {
  callerByRequest.set(rawRequest, caller);
}

/** @throws Error on a route that lets in anybody, or a management key */
export function sessionOf(rawRequest: object): Session {
  const session = callerByRequest.get(rawRequest)?.session;
  if (session === undefined) throw new Error('only a route for signed-in accounts has a session');
  return session;
}

/** @throws Error on a route that needs no permission */
export function actorOf(rawRequest: object): Actor {
  const actor = callerByRequest.get(rawRequest)?.actor;
  if (actor === undefined) throw new Error('only a route with a permission has an actor');
  return actor;
}
