import type { EncodedVerifyReply } from '@gatehouse/contracts/verify-records';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { SecretsUnderPepper } from './secrets/judge-peppers.js';

/** What the keys service counts. */
export interface KeysMetrics {
  countBatch(replies: readonly EncodedVerifyReply[], remembered: number): void;
  readonly revokeSeconds: Histogram;
  /** How many secrets are stored under each pepper; those that are known and have none are shown as well. */
  showSecrets(known: readonly { readonly version: number }[], counts: readonly SecretsUnderPepper[]): void;
  readonly resealed: Counter;
}

/** Enters the service's metrics into its registry. `lease` and `known` are read when the metrics are. */
export function keysMetrics(
  registry: Registry,
  lease: { isValid(): boolean },
  known: { readonly size: number },
): KeysMetrics {
  const registers = [registry];
  const verifications = new Counter({
    name: 'gatehouse_verifications_total',
    help: 'Verification queries by their answer',
    labelNames: ['outcome'],
    registers,
  });
  const outcomes = {
    unknown: verifications.labels('unknown'),
    unchanged: verifications.labels('unchanged'),
    facts: verifications.labels('facts'),
    unavailable: verifications.labels('unavailable'),
  };
  const remembered = new Counter({
    name: 'gatehouse_verifications_remembered_total',
    help: 'Verification queries that were answered from memory under a lease',
    registers,
  });
  const batchSize = new Histogram({
    name: 'gatehouse_verification_batch_size',
    help: 'Verification queries that came in one message',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers,
  });
  new Gauge({
    name: 'gatehouse_lease_valid',
    help: '1 while this replica may answer from memory',
    registers,
    collect() {
      this.set(lease.isValid() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'gatehouse_remembered_keys',
    help: 'Keys in the memory of this replica',
    registers,
    collect() {
      this.set(known.size);
    },
  });
  const revokeSeconds = new Histogram({
    name: 'gatehouse_revoke_seconds',
    help: 'Time from a revoke until it held on every replica',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3],
    registers,
  });
  const secrets = new Gauge({
    name: 'gatehouse_key_secrets',
    help: 'Secrets by the pepper that they are stored under; usable: a request can be accepted with one',
    labelNames: ['pepper_version', 'state'],
    registers,
  });
  const resealed = new Counter({
    name: 'gatehouse_secrets_resealed_total',
    help: 'Secrets that this replica has moved to the current pepper',
    registers,
  });
  return {
    revokeSeconds,
    resealed,
    showSecrets(known, counts) {
      secrets.reset();
      for (const { version, usable, ended } of [...known.map(NO_SECRETS), ...counts]) {
        secrets.set({ pepper_version: version, state: 'usable' }, usable);
        secrets.set({ pepper_version: version, state: 'ended' }, ended);
      }
    },
    countBatch(replies, fromMemory) {
      let unknown = 0;
      let unchanged = 0;
      let unavailable = 0;
      for (const reply of replies) {
        if (reply === 'unchanged') unchanged++;
        else if (reply === 'unknown') unknown++;
        else if (reply === 'unavailable') unavailable++;
      }
      outcomes.unknown.inc(unknown);
      outcomes.unchanged.inc(unchanged);
      outcomes.unavailable.inc(unavailable);
      outcomes.facts.inc(replies.length - unknown - unchanged - unavailable);
      remembered.inc(fromMemory);
      batchSize.observe(replies.length);
    },
  };
}

const NO_SECRETS = ({ version }: { readonly version: number }): SecretsUnderPepper => ({
  version,
  usable: 0,
  ended: 0,
});
