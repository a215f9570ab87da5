import type { Bus } from '@gatehouse/bus/bus';
import { isOutage } from '@gatehouse/bus/is-outage';
import { USAGE_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { sparseReportSchema } from '@gatehouse/contracts/sparse-report';
import { encodeUsageAnswer, type UsageAnswer, usageReportSchema } from '@gatehouse/contracts/usage-report';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { rowsOfReport } from './rows-of-report.js';
import { UsageReportsStore } from './usage-reports.store.js';
import { UsageRetentionStore } from './usage-retention.store.js';
import { countWaitingUses } from './waiting-uses.server.js';
import { WaitingUsesStore } from './waiting-uses.store.js';

export interface UsageServing {
  readonly bus: Pick<Bus, 'answer'>;
  /** Connections of its own: usage waits for nobody, and nobody for it. */
  readonly database: DataSource;
  readonly nowMs: () => number;
  readonly log: { warn(fields: object, message: string): void };
}

const SWEEP_EVERY_MS = 60_000;

const reportSchema = z.union([sparseReportSchema, usageReportSchema]);

/**
 * Takes the usage reports of gateways, of all replicas one gets each, and forgets usage in time. Where PostgreSQL is not
 * there the gateway is told to keep its report; a report that is not what the contract says is a fault. Uses of keys that
 * came seldom are kept, and counted when there is time.
 */
export async function serveUsage({ bus, database, nowMs, log }: UsageServing): Promise<{ stop(): Promise<void> }> {
  const reports = new UsageReportsStore(database);
  const retention = new UsageRetentionStore(database);
  const waiting = new WaitingUsesStore(database);
  const count = async (payload: Uint8Array): Promise<UsageAnswer> => {
    const report = reportSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
    try {
      if ('shard' in report) await waiting.keep(report, nowMs());
      else await reports.count(report.reportId, rowsOfReport(report), nowMs());
      return 'counted';
    } catch (error) {
      if (!isOutage(error)) throw error;
      log.warn({ err: error }, 'usage cannot be stored now');
      return 'unavailable';
    }
  };
  const answering = await bus.answer(USAGE_SUBJECT, 'keys', async (payload) => encodeUsageAnswer(await count(payload)));
  const sweeping = setInterval(() => {
    retention.sweep(nowMs()).catch((error: unknown) => log.warn({ err: error }, 'old usage stays for now'));
  }, SWEEP_EVERY_MS);
  const counting = countWaitingUses({ store: waiting, nowMs, log });
  return {
    stop: async () => {
      clearInterval(sweeping);
      await Promise.all([answering.stop(), counting.stop()]);
    },
  };
}
