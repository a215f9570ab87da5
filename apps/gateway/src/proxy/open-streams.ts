import type { Route } from '@gatehouse/catalog/api';
import { judgeKey } from '@gatehouse/key-domain/judge-key';
import type { EdgePorts } from '../edge/authorize.js';
import type { PublishedApi } from '../routes/published-api.js';

/** An answer under way, and what it was allowed for. */
export interface OpenStream {
  readonly digest: Buffer;
  readonly published: PublishedApi;
  readonly route: Route;
  readonly startedMs: number;
  readonly stop: () => void;
}

/** Short exchanges end by themselves before anybody has asked again. */
const YOUNG_MS = 250;

/**
 * Answers that take long are allowed anew while they run: `sweep` asks for every key that has one and stops those that
 * would be refused now, so that a revocation also ends streams. Called every few hundred milliseconds; a key that cannot
 * be asked for keeps its streams, since nothing says that it was revoked.
 */
export class OpenStreams {
  private readonly streams = new Set<OpenStream>();
  private sweeping = false;

  constructor(private readonly ports: Pick<EdgePorts, 'findKey' | 'nowMs'>) {}

  add(stream: OpenStream): void {
    this.streams.add(stream);
  }

  remove(stream: OpenStream): void {
    this.streams.delete(stream);
  }

  stopAll(): void {
    for (const stream of [...this.streams]) stream.stop();
  }

  async sweep(monotonicMs: number): Promise<void> {
    if (this.sweeping || this.streams.size === 0) return;
    this.sweeping = true;
    try {
      await Promise.all([...this.oldByKey(monotonicMs).values()].map((streams) => this.judgeAgain(streams)));
    } finally {
      this.sweeping = false;
    }
  }

  private oldByKey(monotonicMs: number): Map<string, OpenStream[]> {
    const byKey = new Map<string, OpenStream[]>();
    for (const stream of this.streams) {
      if (monotonicMs - stream.startedMs < YOUNG_MS) continue;
      const name = stream.digest.toString('latin1');
      const ofKey = byKey.get(name);
      if (ofKey === undefined) byKey.set(name, [stream]);
      else ofKey.push(stream);
    }
    return byKey;
  }

  private async judgeAgain(streams: readonly OpenStream[]): Promise<void> {
    const [first] = streams;
    if (first === undefined) return;
    const found = await this.ports.findKey(first.digest);
    if (found === 'unavailable') return;
    const nowMs = this.ports.nowMs();
    for (const { published, route, stop } of streams) {
      const verdict = judgeKey(found, { nowMs, api: published.api.name, scopesNeeded: route.scopes });
      if (verdict.kind === 'refused') stop();
    }
  }
}
