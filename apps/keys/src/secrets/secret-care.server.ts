import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { KeysMetrics } from '../metrics.js';
import { judgePeppers, judgeReplicas } from './judge-peppers.js';
import type { Peppers } from './peppers.js';
import { PeppersStore } from './peppers.store.js';
import { resealSecret } from './reseal.store.js';
import { Resealer } from './resealer.js';

/** Secrets are counted this often at most, and never for more than a twentieth of the time. */
const COUNT_EVERY_MS = 60_000;
const COUNT_SHARE = 20;

/** A start that must not go on, since good keys would be refused. The message names the variable. */
export class UnusablePeppers extends Error {}

/** The care for secrets under several peppers, as long as a replica runs. See docs/pepper-rotation.md. */
export interface SecretCare {
  /** Before anything is answered. @throws UnusablePeppers */
  checkStored(): Promise<void>;
  /** When this replica can be seen by others, and before it answers. @throws UnusablePeppers */
  checkReplicas(): Promise<void>;
  /** Takes note of a secret that was found under an older pepper; returns at once. */
  readonly foundUnderOldPepper: (digest: Buffer, hmac: Buffer) => void;
  stop(): Promise<void>;
}

export interface SecretCareOptions {
  /** Not the one that lookups wait for. */
  readonly database: DataSource;
  readonly peppers: Peppers;
  readonly nowMs: () => number;
  readonly metrics: Pick<KeysMetrics, 'showSecrets' | 'resealed'>;
  readonly log: { warn(fields: object, message: string): void };
}

export function careForSecrets({ database, peppers, nowMs, metrics, log }: SecretCareOptions): SecretCare {
  const store = new PeppersStore(database);
  const stopping = new AbortController();
  const wait = (delayMs: number) => pause(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
  const resealer = new Resealer({
    reseal: async (secret) => {
      if ((await resealSecret(database, peppers, secret)) === 'resealed') metrics.resealed.inc();
    },
    pause: wait,
    log,
  });

  const count = async () => {
    while (!stopping.signal.aborted) {
      const fromMs = performance.now();
      await store.count(nowMs()).then(
        (counts) => metrics.showSecrets(peppers.all, counts),
        (error: unknown) => log.warn({ err: error }, 'secrets cannot be counted'),
      );
      await wait(Math.max(COUNT_EVERY_MS, (performance.now() - fromMs) * COUNT_SHARE));
    }
  };
  let counting: Promise<void> | undefined;

  return {
    checkStored: async () => {
      const seen = await store.compare(peppers, nowMs());
      refuse(judgePeppers(seen));
      for (const missing of seen.missing) {
        log.warn(missing, 'secrets that have ended are under a pepper that is gone; they are unknown now');
      }
    },
    checkReplicas: async () => {
      refuse(judgeReplicas(await store.replicas(peppers), peppers.current.version));
      counting = count();
    },
    foundUnderOldPepper: (digest, hmac) => resealer.offer({ digest, hmac }),
    stop: async () => {
      stopping.abort();
      await Promise.all([resealer.stop(), counting]);
    },
  };
}

function refuse(reasons: readonly string[]): void {
  if (reasons.length > 0) throw new UnusablePeppers(reasons.join('\n'));
}
