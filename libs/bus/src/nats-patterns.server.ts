import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import { ServerNats } from '@nestjs/microservices';
import { InFlight } from './in-flight.server.js';

const DRAIN_DEADLINE_MS = 10_000;

/**
 * Nest's NATS server on the connection of the bus, with a stop that drains: Nest's own either cuts requests off or
 * sleeps for a fixed time.
 */
export class NatsPatterns extends ServerNats {
  private readonly inFlight = new InFlight();
  private patternSubscriptions: Subscription[] = [];

  constructor(
    private readonly connection: NatsConnection,
    private readonly queue: string,
  ) {
    super({ queue });
    this.setOnProcessingStartHook((_transport, _context, done) => {
      this.inFlight.begin();
      return done();
    });
    // Nest publishes the reply on the tick after this hook.
    this.setOnProcessingEndHook(() => setImmediate(() => this.inFlight.end()));
  }

  override async createNatsClient(): Promise<NatsConnection> {
    return this.connection;
  }

  /** The bus writes the connection's changes to the log, once for all that use it. */
  override async handleStatusUpdates(): Promise<void> {}

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    await super.listen((error) => {
      if (error !== undefined) return callback(error);
      this.connection.flush().then(() => callback(), callback);
    });
  }

  override bindEvents(): void {
    for (const [pattern, handler] of this.messageHandlers) {
      const answer = this.getMessageHandler(pattern).bind(this);
      const queue: string = handler.extras?.['queue'] ?? this.queue;
      this.patternSubscriptions.push(this.connection.subscribe(pattern, { queue, callback: answer }));
    }
  }

  /** A caller could name any subject as the place of the reply, and have us publish there. */
  override async handleMessage(channel: string, message: { readonly reply?: string }): Promise<unknown> {
    if (message.reply !== undefined && message.reply !== '' && !message.reply.startsWith('_INBOX_')) {
      this.logger.warn(`a request on ${channel} wants its reply elsewhere than in an inbox`);
      return undefined;
    }
    return super.handleMessage(channel, message);
  }

  override async close(): Promise<void> {
    const subscriptions = this.patternSubscriptions;
    this.patternSubscriptions = [];
    if (!this.connection.isClosed())
      await Promise.allSettled(subscriptions.map((subscription) => subscription.drain()));
    await this.inFlight.whenIdle(DRAIN_DEADLINE_MS);
    this.statusEventEmitter.removeAllListeners();
  }
}
