import { randomBytes } from 'node:crypto';
import type { Catalog } from '@gatehouse/catalog/api';
import { Counter, Gauge, type Registry } from 'prom-client';
import { type AllotmentsClientSettings, allotmentsClient } from './allotments.client.js';
import type { EdgePorts } from './authorize-secret.js';
import { LeasedLimits } from './leased-limits.js';

const SWEEP_MS = 100;

export interface LeasedLimitsSettings extends AllotmentsClientSettings {
  readonly catalog: Catalog;
  readonly ask: EdgePorts['takeLimits'];
  readonly metrics: Registry;
}

/** The port `takeLimits` for requests to APIs, whichever way their limits are charged. `stop` gives everything back. */
export function limitsOfApis(settings: LeasedLimitsSettings): {
  readonly takeLimits: EdgePorts['takeLimits'];
  readonly stop: () => Promise<void>;
} {
  const { catalog, ask, monotonicMs } = settings;
  if (catalog.apis.every(({ limits }) => limits === 'queried')) return { takeLimits: ask, stop: async () => {} };
  const leased = new LeasedLimits({ ...allotmentsClient(settings), ask, newId: ids(), monotonicMs });
  showLeasedLimits(settings.metrics, leased);
  const sweeper = setInterval(() => leased.sweep(), SWEEP_MS).unref();
  return {
    takeLimits: (published, charge) =>
      published.api.limits === 'leased' ? leased.take(published, charge) : ask(published, charge),
    stop: () => {
      clearInterval(sweeper);
      return leased.stop();
    },
  };
}

/** Random where gateways differ, counted where one goes on. */
function ids(): () => string {
  const start = randomBytes(12).toString('hex');
  let count = 0;
  return () => start + (count++ % 2 ** 32).toString(16).padStart(8, '0');
}

function showLeasedLimits(registry: Registry, leased: LeasedLimits): void {
  const registers = [registry];
  new Gauge({
    name: 'gateway_leased_limits_callers',
    help: 'Callers of whose quotas this gateway holds a part',
    registers,
    collect() {
      this.set(leased.callers);
    },
  });
  new Counter({
    name: 'gateway_leased_limits_taken_total',
    help: 'Requests that were let through from what this gateway held, without asking',
    registers,
    collect() {
      this.reset();
      this.inc(leased.takenCount);
    },
  });
}
