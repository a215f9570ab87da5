import type { NatsConnection } from '@nats-io/transport-node';
import { ClientNats, type PacketId, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { BusFault, BusUnavailable } from './bus.js';

/** Nest's NATS client on the connection of the bus; while that is down, it fails at once instead of queueing. */
export class NatsProxy extends ClientNats {
  constructor(
    private readonly connection: NatsConnection,
    inboxPrefix: string,
    private readonly isConnected: () => boolean,
  ) {
    super({ inboxPrefix, serializer: { serialize: (packet) => serializeWithin(connection, packet) } });
  }

  override async connect(): Promise<NatsConnection> {
    if (!this.isConnected()) throw new BusUnavailable('there is no connection to NATS');
    this.natsClient = this.connection;
    return this.connection;
  }

  /** NATS answers with an empty message where nobody serves the subject. */
  override createSubscriptionHandler(
    packet: ReadPacket & PacketId,
    callback: (packet: WritePacket) => void,
  ): (error: Error | null, message: Record<string, unknown>) => Promise<unknown> {
    const takeAnswer = super.createSubscriptionHandler(packet, callback);
    return async (error, message) => {
      const isEmpty = error === null && (message['data'] as Uint8Array).length === 0;
      if (!isEmpty) return takeAnswer(error, message);
      return callback({ err: new BusUnavailable(`nobody answers on ${packet.pattern}`), isDisposed: true });
    };
  }

  override async close(): Promise<void> {
    this.handleClose();
    this.natsClient = null;
  }
}

/** Nest subscribes to the reply before it publishes, and keeps that subscription where publishing fails: so look first. */
function serializeWithin(connection: NatsConnection, packet: object): { data: string } {
  const data = JSON.stringify(packet);
  const maxBytes = connection.info?.max_payload ?? 1024 * 1024;
  if (Buffer.byteLength(data) > maxBytes) throw new BusFault('the message is larger than NATS carries');
  return { data };
}
