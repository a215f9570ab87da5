import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What this service counts, apart from the process itself. */
export interface IdentityMetrics {
  countSignIn(outcome: string): void;
}

export function identityMetrics(registry: Registry, passwordWork: BoundedQueue): IdentityMetrics {
  const signIns = new Counter({
    name: 'sign_ins_total',
    help: 'Sign-ins by outcome',
    labelNames: ['outcome'],
    registers: [registry],
  });
  new Gauge({
    name: 'argon2_queue',
    help: 'Password hashes under way and waiting',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'running' }, passwordWork.running());
      this.set({ state: 'waiting' }, passwordWork.waiting());
    },
  });
  return { countSignIn: (outcome) => signIns.inc({ outcome }) };
}
