import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { connect } from '@nats-io/transport-node';
import { whereaboutsOf } from './canary.js';
import type { Place } from './find-secrets.js';

/** Hears every message on a bus. */
export interface BusSpy {
  /** Each message as a place, with what it may have. */
  places(): Place[];
  publish(subject: string, payload: string): Promise<void>;
  stop(): Promise<void>;
}

export async function spyOnBus(port: number): Promise<BusSpy> {
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    reconnectTimeWait: 100,
    maxReconnectAttempts: -1,
  });
  const messages: { readonly subject: string; readonly reply: string | undefined; readonly data: Buffer }[] = [];
  connection.subscribe('>', {
    callback: (_error, { subject, reply, data }) => void messages.push({ subject, reply, data: Buffer.from(data) }),
  });
  await connection.flush();
  return {
    places: () => {
      const askedBy = new Map(messages.map(({ subject, reply }) => [reply, subject]));
      return messages.map(({ subject, data }) => placeOf(subject, askedBy.get(subject), data));
    },
    publish: async (subject, payload) => {
      const isBack = async () => connection.flush().then(() => true);
      await waitUntil('the spy is back', isBack, 15_000);
      connection.publish(subject, payload);
      await connection.flush();
    },
    stop: () => connection.close(),
  };
}

/** @param answered the subject that this message answers, where it is an answer. */
function placeOf(subject: string, answered: string | undefined, bytes: Buffer): Place {
  return {
    name: answered === undefined ? `a message on ${subject}` : `an answer on ${answered}`,
    bytes,
    allows: ({ kind }, { isDigest }) => {
      const { asks = [], answers = [], digest = [] } = whereaboutsOf(kind);
      if (isDigest) return digest.includes('bus');
      return answered === undefined ? asks.includes(subject) : answers.includes(answered);
    },
  };
}
