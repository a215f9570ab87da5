import { batchPerTurn } from '@gatehouse/bus/batch-per-turn';
import { type Bus, BusUnavailable } from '@gatehouse/bus/bus';
import { VERIFY_SUBJECT, verifyReplicaSubject } from '@gatehouse/contracts/hot-subjects';
import { decodeVerifyReplies, encodeVerifyQueries, type VerifyReply } from '@gatehouse/contracts/verify-records';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import type { Logger } from '@gatehouse/observability/logger';
import { LRUCache } from 'lru-cache';
import type { KeyLookup } from './authorize-secret.js';
import { type Place, replicaChooser } from './choose-replica.js';
import { seenLately } from './seen-lately.js';

export interface KeysClientSettings {
  readonly bus: Bus;
  readonly logger: Logger;
  /** For one exchange; one that nobody answered is tried once more, where somebody has answered of late. */
  readonly deadlineMs: number;
  /** Called with the seconds that each exchange took. */
  readonly onExchange: (seconds: number) => void;
  readonly monotonicMs: () => number;
}

/** How many keys' facts are remembered, so that an unchanged key is confirmed with one byte; some 3 kB each. */
const KNOWN_KEYS_MAX = 20_000;

/**
 * Facts are remembered when their key comes a second time within about so many others: with more keys in use than can be
 * remembered, remembering each would push out the others, and make the garbage collector carry all of them about.
 */
const LATELY = 65_536;

/** What was heard of a key just now. */
export interface HeardKey {
  readonly lookup: KeyLookup;
  /** The number of the last change that it is certainly not older than; 0: nothing is known. */
  readonly asOfSeq: number;
}

/** Asks about one key; never rejects. */
export type AskKey = (digest: Buffer) => Promise<HeardKey>;

interface Question {
  readonly digest: Buffer;
  readonly name: string;
  readonly known: KeyFacts | undefined;
}

interface Heard {
  readonly reply: VerifyReply;
  readonly asOfSeq: number;
}

const UNHEARD: HeardKey = { lookup: 'unavailable', asOfSeq: 0 };

/**
 * Every request asks the keys service, all requests of one event-loop turn with one message. Facts that were heard
 * before only say which revision is known; they are an answer only when the service confirms them now.
 * @returns the port `findKey`, and the same for who wants to know as well how new the answer is.
 */
export function keysClient(settings: KeysClientSettings): {
  findKey: (digest: Buffer) => Promise<KeyLookup>;
  askKey: AskKey;
} {
  const { bus, logger, deadlineMs, onExchange, monotonicMs } = settings;
  const known = new LRUCache<string, KeyFacts>({ max: KNOWN_KEYS_MAX });
  const isSeenAgain = seenLately(LATELY);

  const replicas = replicaChooser({ monotonicMs, deadlineMs });

  const exchange = async (place: Place, payload: Buffer, expected: number) => {
    const startedMs = monotonicMs();
    try {
      const answer = await bus.request(subjectOf(place), payload, deadlineMs);
      onExchange((monotonicMs() - startedMs) / 1000);
      const { replicaId, asOfSeq, replies } = decodeVerifyReplies(answer, expected);
      replicas.heard(replicaId);
      return replies.map((reply): Heard => ({ reply, asOfSeq }));
    } catch (error) {
      if (error instanceof BusUnavailable) replicas.lost(place);
      throw error;
    }
  };

  const ask = batchPerTurn<Question, Heard>({
    send: async (questions, attempt) => {
      const queries = questions.map(({ digest, known }) => ({ digest, knownRevision: known?.revision ?? 0 }));
      const payload = encodeVerifyQueries(queries);
      if (attempt === 0) return exchange(replicas.first(), payload, questions.length);
      // Whoever answers first: asking twice is harmless, and any replica's answer of now is a good one.
      return Promise.any(replicas.again().map((place) => exchange(place, payload, questions.length)));
    },
    maxItemsPerBatch: 512,
    maxBatchesInFlight: 8,
    maxItemsWaiting: 10_000,
    schedule: setImmediate,
    retriesOnUnavailable: 1,
  });

  const lookupOf = (question: Question, reply: VerifyReply): KeyLookup => {
    switch (reply.kind) {
      case 'facts':
        if (question.known !== undefined || isSeenAgain(question.digest)) known.set(question.name, reply.facts);
        return reply.facts;
      case 'unchanged':
        return question.known ?? 'unavailable';
      case 'unknown':
        known.delete(question.name);
        return 'unknown';
      case 'unavailable':
        return 'unavailable';
    }
  };

  const askKey = async (digest: Buffer): Promise<HeardKey> => {
    const name = digest.toString('latin1');
    const question = { digest, name, known: known.get(name) };
    try {
      const { reply, asOfSeq } = await ask(question);
      return { lookup: lookupOf(question, reply), asOfSeq };
    } catch (error) {
      logger.debug({ err: error }, 'a key could not be verified');
      return UNHEARD;
    }
  };
  return { askKey, findKey: async (digest) => (await askKey(digest)).lookup };
}

function subjectOf(place: Place): string {
  return place.kind === 'group' ? VERIFY_SUBJECT : verifyReplicaSubject(place.replicaId);
}
