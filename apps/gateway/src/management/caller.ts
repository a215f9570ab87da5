import type { Actor } from '@gatehouse/contracts/actor';
import type { Session } from './authenticate.client.js';

/** Who the guard has let in. `actor` is there on routes that need a permission in an organization. */
export interface Caller {
  readonly session: Session;
  readonly actor: Actor | undefined;
}

const callerByRequest = new WeakMap<object, Caller>();

/** Keeps the caller for the handler; only the guard does this. */
export function rememberCaller(rawRequest: object, caller: Caller): void {
  callerByRequest.set(rawRequest, caller);
}

/** @throws Error on a route that the guard lets anybody in */
export function sessionOf(rawRequest: object): Session {
  const caller = callerByRequest.get(rawRequest);
  if (caller === undefined) throw new Error('a public route has no caller');
  return caller.session;
}

/** @throws Error on a route that needs no permission */
export function actorOf(rawRequest: object): Actor {
  const actor = callerByRequest.get(rawRequest)?.actor;
  if (actor === undefined) throw new Error('only a route with a permission has an actor');
  return actor;
}
