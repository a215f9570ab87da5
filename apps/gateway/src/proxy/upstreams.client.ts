import { type Dispatcher, Pool } from 'undici';

/** How long an upstream may take. */
export interface UpstreamTimeouts {
  readonly connectMs: number;
  /** Until the head of the answer is there. */
  readonly headersMs: number;
  /** Between two pieces of the answer's body; 0: as long as it takes. */
  readonly bodyMs: number;
}

/** Connections to one upstream; more requests than these are refused rather than queued without an end. */
export const UPSTREAM_CONNECTIONS_MAX = 1_024;

/** The connections to all upstreams, one pool for each origin. */
export interface Upstreams {
  to(origin: string): Dispatcher;
  close(): Promise<void>;
}

export function upstreams(timeouts: UpstreamTimeouts): Upstreams {
  const pools = new Map<string, Pool>();
  return {
    to: (origin) => {
      let pool = pools.get(origin);
      if (pool === undefined) {
        pool = open(origin, timeouts);
        pools.set(origin, pool);
      }
      return pool;
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

function open(origin: string, { connectMs, headersMs, bodyMs }: UpstreamTimeouts): Pool {
  return new Pool(origin, {
    connections: UPSTREAM_CONNECTIONS_MAX,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: connectMs },
    headersTimeout: headersMs,
    bodyTimeout: bodyMs,
    keepAliveTimeout: 4_000,
  });
}
