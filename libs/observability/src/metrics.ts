import { collectDefaultMetrics, Registry } from 'prom-client';

/** One registry for each service, so that several services can live in one process. */
export function createMetrics(service: string, withProcessMetrics: boolean): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (withProcessMetrics) collectDefaultMetrics({ register: registry });
  return registry;
}
