import type { ClientProxy, CustomTransportStrategy, Server } from '@nestjs/microservices';

/** Nobody answered in time, or the bus is down. Never says anything about the question itself. */
export class BusUnavailable extends Error {}

/**
 * The exchange took place and failed: the answerer threw, refused the payload as malformed, or one side sent what the
 * contract does not allow. Carries no detail of the peer; that is in the peer's log.
 */
export class BusFault extends Error {}

/** What a bus writes to the log; a pino logger fits. */
export interface BusLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One subject being answered. */
export interface Answering {
  /** Takes no more messages, then resolves when those that were taken are answered. */
  stop(): Promise<void>;
}

/**
 * What carries messages between services. Two implementations with one contract: NATS, and inside one process.
 * Hot exchanges use `request` and `answer` with bytes; management uses Nest's message patterns over the same bus.
 */
export interface Bus {
  /**
   * One message out, one answer back.
   * @throws BusUnavailable when there is none within `deadlineMs`; at once where nobody answers the subject, or the bus is down.
   * @throws BusFault when the answerer failed, or the payload is larger than the bus carries (1 MiB).
   */
  request(subject: string, payload: Uint8Array, deadlineMs: number): Promise<Uint8Array>;
  /** Answers requests on a subject; of all answerers with one `queue`, one gets each message. */
  answer(subject: string, queue: string, answerer: (payload: Uint8Array) => Promise<Uint8Array>): Promise<Answering>;
  /** The Nest transport that serves a service's message patterns, one queue group for each service. */
  serverStrategy(queue: string): Server & CustomTransportStrategy;
  /** The Nest client that sends message patterns. */
  clientProxy(): ClientProxy;
  /** Whether messages can be sent now; part of readiness. */
  isConnected(): boolean;
  /** Stops taking messages, answers those that it has, then closes. */
  drain(): Promise<void>;
}
