import { type CustomTransportStrategy, NatsContext, Server, type WritePacket } from '@nestjs/microservices';
import type { Broker } from './broker.client.js';
import type { Answering } from './bus.js';

const EMPTY = new Uint8Array(0);

/** Nest's server over the broker: one answerer for each message pattern, JSON packets as over NATS. */
export class InProcessPatterns extends Server implements CustomTransportStrategy {
  private answering: Answering[] = [];

  constructor(
    private readonly broker: Broker,
    private readonly queue: string,
  ) {
    super();
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  listen(callback: () => void): void {
    for (const [pattern, handler] of this.messageHandlers) {
      const queue = handler.extras?.['queue'] ?? this.queue;
      this.answering.push(this.broker.answer(pattern, queue, (payload) => this.answerPacket(pattern, payload)));
    }
    callback();
  }

  async close(): Promise<void> {
    await Promise.all(this.answering.map((answering) => answering.stop()));
    this.answering = [];
  }

  on(): void {
    throw new Error('the in-process transport has no events');
  }

  unwrap<T>(): T {
    return this.broker as T;
  }

  private async answerPacket(pattern: string, payload: Uint8Array): Promise<Uint8Array> {
    const packet = JSON.parse(Buffer.from(payload).toString('utf8'));
    const context = new NatsContext([pattern, undefined]);
    if (packet.id === undefined) {
      await this.handleEvent(pattern, packet, context);
      return EMPTY;
    }
    const answer = await this.firstAnswer(context, async () => {
      const handler = this.getHandlerByPattern(pattern);
      if (handler === null) throw new Error(`no handler is registered for ${pattern}`);
      return this.transformToObservable(await handler(packet.data, context));
    });
    return Buffer.from(JSON.stringify({ ...answer, id: packet.id, isDisposed: true }));
  }

  /** Every operation of ours answers once: the first value of the stream, or its error. */
  private firstAnswer(
    context: NatsContext,
    produce: Parameters<InProcessPatterns['handleRequest']>[1],
  ): Promise<WritePacket> {
    return new Promise((resolve, reject) => {
      // The hooks in between are typed as void, but hand on the promise of what they run.
      const handled: unknown = this.handleRequest(context, produce, resolve);
      Promise.resolve(handled).catch(reject);
    });
  }
}
