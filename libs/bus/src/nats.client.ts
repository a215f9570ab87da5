import { createInbox, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import type { ClientProxy, CustomTransportStrategy, Server } from '@nestjs/microservices';
import { type Answering, type Bus, BusFault, type BusLogger, BusUnavailable } from './bus.js';
import { InFlight } from './in-flight.server.js';
import { inboxPrefix, openConnection } from './nats-connection.client.js';
import { NatsPatterns } from './nats-patterns.server.js';
import { NatsProxy } from './nats-proxy.client.js';
import { PendingRequests } from './pending-requests.client.js';

const DRAIN_DEADLINE_MS = 10_000;
const FAULT_HEADER = 'Gatehouse-Fault';
const EMPTY = new Uint8Array(0);

/** `name` is that of the service: it shows in NATS's monitoring and begins the inbox of its replies. */
export interface NatsSettings {
  readonly url: string;
  readonly name: string;
  readonly logger: BusLogger;
}

/**
 * A bus over one NATS connection that reconnects without limit. While it is down, requests fail at once and nothing is
 * kept to be sent later.
 * @throws Error `NATS_URL: cannot connect to host:port: reason` where there is no connection within five seconds.
 */
export async function connectNats(settings: NatsSettings): Promise<Bus> {
  return new NatsBus(await openConnection(settings.url, settings.name), settings);
}

class NatsBus implements Bus {
  private readonly pending = new PendingRequests();
  private readonly inFlight = new InFlight();
  private readonly answering = new Set<Answering>();
  private readonly inbox: string;
  private up = true;
  private draining = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly settings: NatsSettings,
  ) {
    this.inbox = `${createInbox(inboxPrefix(settings.name))}.`;
    connection.subscribe(`${this.inbox}*`, { callback: (_error, message) => this.takeReply(message) });
    void this.follow();
  }

  request(subject: string, payload: Uint8Array, deadlineMs: number): Promise<Uint8Array> {
    if (!this.up) return Promise.reject(new BusUnavailable('there is no connection to NATS'));
    const maxBytes = this.connection.info?.max_payload ?? 0;
    if (maxBytes > 0 && payload.length > maxBytes) {
      return Promise.reject(new BusFault(`the message on ${subject} is larger than NATS carries`));
    }
    return this.pending.open(subject, deadlineMs, (token) =>
      this.connection.publish(subject, payload, { reply: this.inbox + token.toString(36) }),
    );
  }

  async answer(
    subject: string,
    queue: string,
    answerer: (payload: Uint8Array) => Promise<Uint8Array>,
  ): Promise<Answering> {
    const inFlight = new InFlight();
    const subscription = this.connection.subscribe(subject, {
      queue,
      callback: (error, message) => {
        if (error !== null) return this.settings.logger.error({ subject, err: error }, 'a subject cannot be answered');
        void this.reply(message, answerer, inFlight);
      },
    });
    await this.connection.flush();
    const answering = {
      stop: async () => {
        this.answering.delete(answering);
        if (this.up && !subscription.isClosed()) await subscription.drain();
        else subscription.unsubscribe();
        await inFlight.whenIdle(DRAIN_DEADLINE_MS);
      },
    };
    this.answering.add(answering);
    return answering;
  }

  // Nest types the states of each transport as words of its own, so that no transport is a `Server` to the compiler.
  serverStrategy(queue: string): Server & CustomTransportStrategy {
    return new NatsPatterns(this.connection, queue) as unknown as Server & CustomTransportStrategy;
  }

  clientProxy(): ClientProxy {
    return new NatsProxy(this.connection, inboxPrefix(this.settings.name), () => this.up) as unknown as ClientProxy;
  }

  isConnected(): boolean {
    return this.up;
  }

  async drain(): Promise<void> {
    if (this.draining || this.connection.isClosed()) return;
    this.draining = true;
    const stops = [...this.answering].map((answering) => answering.stop());
    await Promise.all([...stops, this.inFlight.whenIdle(DRAIN_DEADLINE_MS)]);
    await this.pending.whenIdle(DRAIN_DEADLINE_MS);
    if (this.up) await this.connection.drain();
    else await this.connection.close();
    this.up = false;
  }

  private async reply(
    message: Msg,
    answerer: (payload: Uint8Array) => Promise<Uint8Array>,
    inFlight: InFlight,
  ): Promise<void> {
    // A caller could name any subject as the place of the reply, and have us publish there.
    if (!message.reply?.startsWith('_INBOX_')) {
      this.settings.logger.warn({ subject: message.subject }, 'a request wants its reply elsewhere than in an inbox');
      return;
    }
    inFlight.begin();
    this.inFlight.begin();
    try {
      message.respond(await answerer(message.data));
    } catch (fault) {
      this.settings.logger.error({ subject: message.subject, err: fault }, 'a request could not be answered');
      this.replyFault(message);
    } finally {
      inFlight.end();
      this.inFlight.end();
    }
  }

  private replyFault(message: Msg): void {
    if (this.connection.isClosed()) return;
    const marked = headers();
    marked.set(FAULT_HEADER, '1');
    message.respond(EMPTY, { headers: marked });
  }

  private takeReply(message: Msg): void {
    const token = Number.parseInt(message.subject.slice(this.inbox.length), 36);
    if (message.data.length === 0 && message.headers !== undefined) {
      const subject = this.pending.subjectOf(token);
      if (message.headers.code === 503) {
        this.pending.refuse(token, new BusUnavailable(`nobody answers on ${subject}`));
        return;
      }
      if (message.headers.has(FAULT_HEADER)) {
        this.pending.refuse(token, new BusFault(`the answerer of ${subject} failed`));
        return;
      }
    }
    this.pending.answer(token, message.data);
  }

  private async follow(): Promise<void> {
    const { logger } = this.settings;
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') {
        this.up = false;
        this.pending.refuseAll(new BusUnavailable('the connection to NATS was lost'));
        if (!this.draining) logger.warn({ server: status.server }, 'the connection to NATS was lost');
      } else if (status.type === 'reconnect') {
        this.up = true;
        logger.info({ server: status.server }, 'connected to NATS again');
      } else if (status.type === 'error') {
        logger.error({ reason: status.error.message }, 'NATS reports an error');
      }
    }
    this.up = false;
    this.pending.refuseAll(new BusUnavailable('the connection to NATS is closed'));
  }
}
