import { judgeKey } from '@gatehouse/key-domain/judge-key';
import type { DoorPorts } from '../edge/authorize.js';
import type { Presented } from '../edge/caller.js';
import { judgePerson } from '../edge/judge-person.js';
import type { Needs } from '../edge/needs.js';

/** An answer under way, and what it was allowed for. */
export interface OpenStream {
  readonly presented: Presented;
  readonly needs: Needs;
  readonly startedMs: number;
  readonly stop: () => void;
}

/** Short exchanges end by themselves before anybody has asked again. */
const YOUNG_MS = 250;

/**
 * Answers that take long are allowed anew while they run: `sweep` asks for every key that has one and stops those that
 * would be refused now, so that a revocation also ends streams; for access tokens alike. Called every few hundred
 * milliseconds; a key that cannot be asked for keeps its streams, since nothing says that it was revoked.
 */
export class OpenStreams {
  private readonly streams = new Set<OpenStream>();
  private sweeping = false;

  constructor(private readonly ports: Pick<DoorPorts, 'findKey' | 'findPerson' | 'nowMs'>) {}

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
      await Promise.all([...this.oldByCredential(monotonicMs).values()].map((streams) => this.judgeAgain(streams)));
    } finally {
      this.sweeping = false;
    }
  }

  private oldByCredential(monotonicMs: number): Map<string, OpenStream[]> {
    const byName = new Map<string, OpenStream[]>();
    for (const stream of this.streams) {
      if (monotonicMs - stream.startedMs < YOUNG_MS) continue;
      const name = nameOf(stream);
      const ofName = byName.get(name);
      if (ofName === undefined) byName.set(name, [stream]);
      else ofName.push(stream);
    }
    return byName;
  }

  private async judgeAgain(streams: readonly OpenStream[]): Promise<void> {
    const [first] = streams;
    if (first === undefined) return;
    const mayGoOn = await this.askAgain(first);
    for (const stream of streams) if (!mayGoOn(stream.needs)) stream.stop();
  }

  private async askAgain({ presented, needs }: OpenStream): Promise<(needs: Needs) => boolean> {
    if (presented.kind === 'token') {
      const found = await this.ports.findPerson(presented.token, needs.published.api);
      if (typeof found === 'string') return () => found === 'unavailable';
      return (asked) => judgePerson(found, asked) === undefined;
    }
    const found = await this.ports.findKey(presented.digest, needs.published);
    if (found === 'unavailable') return () => true;
    const nowMs = this.ports.nowMs();
    return (asked) => {
      const verdict = judgeKey(found, asked, asked.published.api, nowMs);
      // The last use that a key had lets its answer end; the next request is refused.
      return verdict.kind === 'valid' || verdict.reason === 'uses_exhausted';
    };
  }
}

/** Streams of one name are judged by one question: a token is asked for at each API, whose tokens it may not be. */
function nameOf({ presented, needs }: OpenStream): string {
  return presented.kind === 'key'
    ? presented.digest.toString('latin1')
    : `${needs.published.api.name} ${presented.token}`;
}
