/** What the front door has found out about a request before anything else reads it. */
export interface RequestFacts {
  readonly requestId: string;
  /** The client's address; behind a trusted proxy, the one that the proxy names. */
  readonly address: string;
  /** Whether the client's own connection is HTTPS. */
  readonly secure: boolean;
}

const factsByRequest = new WeakMap<object, RequestFacts>();

/** Keeps the facts of one raw request for as long as the request lives. */
export function rememberFacts(rawRequest: object, facts: RequestFacts): void {
  factsByRequest.set(rawRequest, facts);
}

/** @throws Error for a request that did not come through the front door. */
export function factsOf(rawRequest: object): RequestFacts {
  const facts = factsByRequest.get(rawRequest);
  if (facts === undefined) throw new Error('a request that the front door has not seen');
  return facts;
}
