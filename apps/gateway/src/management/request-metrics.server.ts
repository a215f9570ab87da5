import { Counter, Histogram, type Registry } from 'prom-client';

/** Counts management requests by route template, never by path. */
export interface RequestMetrics {
  count(request: { method: string; route: string; status: number }, seconds: number): void;
}

/** @param registry where the two metrics are registered */
export function requestMetrics(registry: Registry): RequestMetrics {
  const total = new Counter({
    name: 'gateway_management_requests_total',
    help: 'Requests to the management API and the pages, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'gateway_management_request_duration_seconds',
    help: 'How long requests to the management API and the pages took.',
    labelNames: ['route'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  return {
    count: ({ method, route, status }, seconds) => {
      total.inc({ method, route, status });
      duration.observe({ route }, seconds);
    },
  };
}
