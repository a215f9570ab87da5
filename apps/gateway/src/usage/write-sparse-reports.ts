import { harmless } from '@gatehouse/contracts/harmless-text';
import { SHARDS, SPARSE_USES_MAX, type SparseReport, shardOf } from '@gatehouse/contracts/sparse-report';
import { USAGE_TEXT_MAX } from '@gatehouse/contracts/usage-report';
import type { Use } from './use.js';
import { loggedRequestOf, type ReportWriting, type WrittenReport } from './write-reports.js';

/** A report is closed when it may have this size; one use is below 5 KiB. */
const REPORT_BYTES = 128 * 1024;
/** In UTF-8 and JSON, of one UTF-16 unit of a text without controls. */
const BYTES_OF_UNIT = 3;
const BYTES_OF_USE = 120;
const BYTES_OF_LOGGED = 320;

/** Writes uses of keys that came seldom, part by part, each as few reports as it takes; one after the other as they are asked for. */
export function* writeSparseReports(uses: readonly Use[], writing: ReportWriting): Generator<WrittenReport, void> {
  const shards: Use[][] = Array.from({ length: SHARDS }, () => []);
  for (const use of uses) shards[shardOf(use.keyId)]?.push(use);
  for (const [shard, ofShard] of shards.entries()) {
    let report = new SparseReportWriter(shard, writing);
    for (const use of ofShard) {
      report.add(use);
      if (!report.isFull) continue;
      yield report.close();
      report = new SparseReportWriter(shard, writing);
    }
    if (!report.isEmpty) yield report.close();
  }
}

/** One report while it is written. What many uses have in common is cleaned and written once. */
class SparseReportWriter {
  private readonly callers = { addresses: [] as string[], userAgents: [] as string[], routes: [] as string[] };
  private readonly scopeSets: string[][] = [];
  private readonly uses = {
    keyIds: [] as string[],
    generations: [] as number[],
    atMs: [] as number[],
    callers: [] as number[],
    scopes: [] as number[],
    costs: [] as number[],
    refused: [] as boolean[],
    logged: [] as boolean[],
  };
  private readonly log: SparseReport['log'] = [];
  /** Address -> user agent -> route -> place. */
  private readonly placeOfCaller = new Map<string, Map<string, Map<string, number>>>();
  private readonly placeOfScopes = new Map<readonly string[], number>();
  private bytes = 0;

  constructor(
    private readonly shard: number,
    private readonly writing: ReportWriting,
  ) {}

  get isEmpty(): boolean {
    return this.uses.keyIds.length === 0;
  }

  get isFull(): boolean {
    return this.bytes >= REPORT_BYTES || this.uses.keyIds.length >= SPARSE_USES_MAX;
  }

  add(use: Use): void {
    const { uses } = this;
    uses.keyIds.push(use.keyId);
    uses.generations.push(use.generation);
    uses.atMs.push(use.atMs);
    uses.callers.push(this.callerOf(use));
    uses.scopes.push(this.scopesOf(use));
    uses.costs.push(use.allowed ? use.cost : 0);
    uses.refused.push(!use.allowed);
    uses.logged.push(use.logged);
    this.bytes += BYTES_OF_USE;
    if (use.logged) this.addToLog(use);
  }

  close(): WrittenReport {
    const { shard, callers, scopeSets, uses, log } = this;
    const reportId = this.writing.newReportId();
    const report: SparseReport = { reportId, shard, callers, scopeSets, uses, log };
    return { reportId, payload: Buffer.from(JSON.stringify(report)) };
  }

  private addToLog(use: Use): void {
    const entry = loggedRequestOf(use, (text) => this.clean(text));
    this.log.push({ keyId: use.keyId, ...entry });
    const { userAgent, path, route } = entry;
    this.bytes += BYTES_OF_LOGGED + BYTES_OF_UNIT * (userAgent.length + path.length + route.length);
  }

  private callerOf({ address, userAgent, route }: Use): number {
    const ofAddress = entry(this.placeOfCaller, address, () => new Map<string, Map<string, number>>());
    const ofAgent = entry(ofAddress, userAgent, () => new Map<string, number>());
    return entry(ofAgent, route, () => {
      const { addresses, userAgents, routes } = this.callers;
      const [agent, pattern] = [this.clean(userAgent), this.clean(route)];
      this.bytes += BYTES_OF_UNIT * (address.length + agent.length + pattern.length);
      userAgents.push(agent);
      routes.push(pattern);
      return addresses.push(address) - 1;
    });
  }

  /** Routes have their scopes as one object each. */
  private scopesOf({ scopesNeeded }: Use): number {
    return entry(this.placeOfScopes, scopesNeeded, () => {
      this.bytes += scopesNeeded.reduce((sum, scope) => sum + BYTES_OF_UNIT * scope.length, 0);
      return this.scopeSets.push([...scopesNeeded]) - 1;
    });
  }

  private clean(text: string): string {
    return harmless(this.writing.redact(text), USAGE_TEXT_MAX);
  }
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
