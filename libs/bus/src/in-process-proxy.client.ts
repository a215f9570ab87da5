import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { Broker } from './broker.client.js';

/** Only so that a request nobody unsubscribes from ends at all; callers set their own, shorter deadline. */
const LAST_DEADLINE_MS = 60_000;

/** Nest's client over the broker. Packets travel as JSON bytes, so that nothing works here that NATS would not carry. */
export class InProcessProxy extends ClientProxy {
  constructor(private readonly broker: Broker) {
    super();
  }

  async connect(): Promise<void> {}

  async close(): Promise<void> {}

  unwrap<T>(): T {
    return this.broker as T;
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const subject = this.normalizePattern(packet.pattern);
    const payload = Buffer.from(JSON.stringify(this.assignPacketId(packet)));
    let listening = true;
    this.broker.request(subject, payload, LAST_DEADLINE_MS).then(
      (reply) => listening && callback(JSON.parse(Buffer.from(reply).toString('utf8'))),
      (fault) => listening && callback({ err: fault }),
    );
    return () => {
      listening = false;
    };
  }

  protected async dispatchEvent<T>(packet: ReadPacket): Promise<T> {
    this.broker.emit(this.normalizePattern(packet.pattern), Buffer.from(JSON.stringify(packet)));
    return undefined as T;
  }
}
