import type { ShadowRefusal } from '@gatehouse/limit-domain/limit';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the data plane counts. Called for every request, so counts are plain numbers until somebody reads them. */
export interface Traffic {
  begin(): void;
  end(api: string, outcome: string, status: number, seconds: number): void;
  exchange(part: 'keys' | 'ratelimit' | 'identity', seconds: number): void;
  limiterOutage(api: string, policy: string): void;
  shadowRefusal(api: string, refusal: ShadowRefusal): void;
  /** @param what of which kind something was left out of the usage reports: requests, callers, log entries, reports. */
  usageLeftOut(what: string, count: number): void;
  /** Shows the gateway's own lease, read when the metrics are. */
  showLease(lease: LeaseMetrics): void;
  inFlight(): number;
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const EXCHANGE_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5];

/** One row of `gateway_requests_total`. */
interface RequestCount {
  readonly labels: { readonly api: string; readonly outcome: string; readonly status: number };
  count: number;
}

/** What there is to see of a lease. */
interface LeaseMetrics {
  isValid(): boolean;
  /** Keys that are remembered. */
  readonly size: number;
  readonly rememberedCount: number;
}

export function trafficMetrics(registry: Registry): Traffic {
  const counts = new Map<string, Map<string, RequestCount>>();
  let inFlight = 0;

  new Counter({
    name: 'gateway_requests_total',
    help: 'Requests to published APIs, by API, outcome and status.',
    labelNames: ['api', 'outcome', 'status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const rows of counts.values()) {
        for (const { labels, count } of rows.values()) this.inc(labels, count);
      }
    },
  });
  new Gauge({
    name: 'gateway_requests_in_flight',
    help: 'Requests to published APIs that have no whole answer yet.',
    registers: [registry],
    collect() {
      this.set(inFlight);
    },
  });
  const durations = new Histogram({
    name: 'gateway_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['api'],
    buckets: SECONDS,
    registers: [registry],
  });
  const exchanges = new Histogram({
    name: 'gateway_exchange_seconds',
    help: 'One batched exchange with another service.',
    labelNames: ['with'],
    buckets: EXCHANGE_SECONDS,
    registers: [registry],
  });
  const outages = new Counter({
    name: 'gateway_limiter_outage_total',
    help: 'Requests whose limits could not be asked, or only of counters that had lost their memory, by API and deciding policy.',
    labelNames: ['api', 'policy'],
    registers: [registry],
  });
  const shadowRefusals = new Counter({
    name: 'gateway_limit_shadow_refusals_total',
    help: 'Allowed requests that a limit in shadow would have refused, by API and by what it limits.',
    labelNames: ['api', 'subject', 'window_seconds', 'algorithm'],
    registers: [registry],
  });
  const leftOut = new Counter({
    name: 'gateway_usage_left_out_total',
    help: 'What usage reports did not tell: requests, callers, entries of the request log, whole reports.',
    labelNames: ['what'],
    registers: [registry],
  });

  return {
    begin: () => {
      inFlight++;
    },
    end: (api, outcome, status, seconds) => {
      inFlight--;
      let rows = counts.get(api);
      if (rows === undefined) {
        rows = new Map();
        counts.set(api, rows);
      }
      const name = `${outcome} ${status}`;
      const row = rows.get(name);
      if (row === undefined) rows.set(name, { labels: { api, outcome, status }, count: 1 });
      else row.count++;
      durations.observe({ api }, seconds);
    },
    exchange: (part, seconds) => exchanges.observe({ with: part }, seconds),
    limiterOutage: (api, policy) => outages.inc({ api, policy }),
    shadowRefusal: (api, { subject, limit }) =>
      shadowRefusals.inc({
        api,
        subject: subject.startsWith('org:') ? 'organization' : 'key',
        window_seconds: limit.windowSeconds,
        algorithm: limit.algorithm ?? 'fixed-window',
      }),
    usageLeftOut: (what, count) => leftOut.inc({ what }, count),
    showLease: (lease) => showLease(registry, lease),
    inFlight: () => inFlight,
  };
}

function showLease(registry: Registry, lease: LeaseMetrics): void {
  const registers = [registry];
  new Gauge({
    name: 'gateway_lease_valid',
    help: '1 while this gateway may answer for keys from memory',
    registers,
    collect() {
      this.set(lease.isValid() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'gateway_remembered_keys',
    help: 'Keys that this gateway remembers under its lease',
    registers,
    collect() {
      this.set(lease.size);
    },
  });
  new Counter({
    name: 'gateway_verifications_remembered_total',
    help: 'Requests whose key was answered from memory under the lease',
    registers,
    collect() {
      this.reset();
      this.inc(lease.rememberedCount);
    },
  });
}
