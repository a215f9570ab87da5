import { randomBytes } from 'node:crypto';
import { type Bus, BusUnavailable } from '@gatehouse/bus/bus';
import { USAGE_SUBJECT } from '@gatehouse/contracts/hot-subjects';
import { decodeUsageAnswer } from '@gatehouse/contracts/usage-report';
import type { Logger } from '@gatehouse/observability/logger';
import { type Folded, UsageFold } from './usage-fold.js';
import type { Use } from './use.js';
import { type ReportWriting, type WrittenReport, writeReports } from './write-reports.js';
import { writeSparseReports } from './write-sparse-reports.js';

/** Requests that were not counted, requests whose caller or log entry was not kept, whole reports. */
type LeftOut = 'request' | 'caller' | 'log' | 'report';

export interface UsageReportsSettings {
  readonly bus: Pick<Bus, 'request'>;
  readonly logger: Logger;
  readonly redact: (text: string) => string;
  readonly everyMs: number;
  readonly monotonicMs: () => number;
  /** Told what was left out, and how much of it. */
  readonly onLeftOut: (what: LeftOut, count: number) => void;
}

export interface UsageReports {
  /** Counts one request. Neither waits nor throws. */
  record(use: Use): void;
  /** Sends what there is, if it can be done within the deadline, and ends. */
  stop(deadlineMs?: number): Promise<void>;
}

const STOP_DEADLINE_MS = 2_000;
/** For one exchange: a transaction behind it is cancelled after two seconds. */
const EXCHANGE_DEADLINE_MS = 3_000;
/** The keys service remembers report ids for a day: long before that, sending again stops. */
const KEPT_MS = 3_600_000;
/** Uses of keys that came seldom are gathered until there are so many, or the first of them is so old. */
const SELDOM_USES = 32_000;
const SELDOM_MS = 20_000;
/** How often a report is sent that the keys service fails at, rather than cannot store now. */
const FAULTS_MAX = 5;

/** What is being reported: the report that is not acknowledged yet, and what comes after it. */
interface Sending {
  readonly requests: number;
  readonly rest: Iterator<WrittenReport>;
  readonly sinceMs: number;
  report: WrittenReport | undefined;
  faults: number;
}

/**
 * Adds up usage in memory and reports it every so often, one message after the other. A report that is not
 * acknowledged is kept and sent again as it is, under its id, so that it counts once; meanwhile the next fold gathers
 * what comes. So there are two folds and one report at most, whatever is down and for how long. Where there are many keys,
 * uses of those that came seldom wait up to 20 seconds for more.
 */
export class UsageReportsClient implements UsageReports {
  private fold = new UsageFold();
  private seldom: Use[] = [];
  private seldomSinceMs = 0;
  private sending: Sending | undefined;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;

  constructor(private readonly settings: UsageReportsSettings) {
    this.schedule();
  }

  record(use: Use): void {
    this.fold.add(use);
  }

  async stop(deadlineMs = STOP_DEADLINE_MS): Promise<void> {
    const untilMs = this.settings.monotonicMs() + deadlineMs;
    this.stopped = true;
    clearTimeout(this.timer);
    await this.turn;
    // Twice: what is left of the fold before, then the last one.
    await this.send(untilMs);
    await this.send(untilMs);
    const lost = (this.sending?.requests ?? 0) + this.fold.requests + this.seldom.length;
    if (lost > 0) this.settings.logger.warn({ requests: lost }, 'the last usage could not be reported');
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.turn = this.send(Number.POSITIVE_INFINITY).finally(() => {
        if (!this.stopped) this.schedule();
      });
    }, this.settings.everyMs).unref();
  }

  /** Sends until everything is acknowledged, or one report is not. Never throws. */
  private async send(untilMs: number): Promise<void> {
    this.sending ??= this.begin();
    const { sending } = this;
    while (sending !== undefined) {
      sending.report ??= next(sending.rest);
      if (sending.report === undefined) {
        this.sending = undefined;
        return;
      }
      const leftMs = untilMs - this.settings.monotonicMs();
      if (leftMs <= 0 || !(await this.deliver(sending, sending.report, Math.min(leftMs, EXCHANGE_DEADLINE_MS)))) return;
      sending.report = undefined;
      sending.faults = 0;
    }
  }

  private begin(): Sending | undefined {
    const { fold, settings } = this;
    const folded = this.endFold(fold);
    if (folded.keys.length === 0 && folded.seldom.length === 0) return undefined;
    const newReportId = () => randomBytes(16).toString('hex');
    const rest = writeAll(folded, { newReportId, redact: settings.redact });
    return { requests: fold.requests, rest, sinceMs: settings.monotonicMs(), report: undefined, faults: 0 };
  }

  /** Begins another fold. @returns what is to be reported now. */
  private endFold(fold: UsageFold): Folded {
    const { onLeftOut, monotonicMs } = this.settings;
    this.fold = new UsageFold();
    const { keys, seldom } = fold.end();
    const { requests, callers, logged } = fold.leftOut;
    if (requests > 0) onLeftOut('request', requests);
    if (callers > 0) onLeftOut('caller', callers);
    if (logged > 0) onLeftOut('log', logged);
    if (this.seldom.length === 0) this.seldomSinceMs = monotonicMs();
    for (const use of seldom) this.seldom.push(use);
    const isDue = this.seldom.length >= SELDOM_USES || monotonicMs() - this.seldomSinceMs >= SELDOM_MS || this.stopped;
    return { keys, seldom: isDue ? this.seldom.splice(0) : [] };
  }

  /** @returns whether the report is done with: counted, or given up. */
  private async deliver(sending: Sending, report: WrittenReport, deadlineMs: number): Promise<boolean> {
    const { bus, logger } = this.settings;
    try {
      const answer = decodeUsageAnswer(await bus.request(USAGE_SUBJECT, report.payload, deadlineMs));
      if (answer === 'unavailable') throw new BusUnavailable('usage cannot be stored now');
      if (this.failing) logger.info('usage is reported again');
      this.failing = false;
      return true;
    } catch (error) {
      if (!this.failing) logger.warn({ err: error }, 'usage cannot be reported; it is kept for now');
      this.failing = true;
      if (!(error instanceof BusUnavailable)) sending.faults++;
      return this.givesUp(sending, report, error);
    }
  }

  private givesUp(sending: Sending, { reportId }: WrittenReport, error: unknown): boolean {
    const { logger, monotonicMs, onLeftOut } = this.settings;
    if (sending.faults < FAULTS_MAX && monotonicMs() - sending.sinceMs < KEPT_MS) return false;
    logger.error({ err: error, reportId }, 'a usage report is given up');
    onLeftOut('report', 1);
    return true;
  }
}

function next(reports: Iterator<WrittenReport>): WrittenReport | undefined {
  const { done, value } = reports.next();
  return done === true ? undefined : value;
}

function* writeAll({ keys, seldom }: Folded, writing: ReportWriting): Generator<WrittenReport, void> {
  yield* writeReports(keys, writing);
  yield* writeSparseReports(seldom, writing);
}
