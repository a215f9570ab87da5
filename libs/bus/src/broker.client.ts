import { type Answering, BusFault, type BusLogger, BusUnavailable } from './bus.js';
import { InFlight } from './in-flight.server.js';
import { PendingRequests } from './pending-requests.client.js';

/** What NATS carries by default; the same here, so that what works in one process works between processes. */
const MAX_PAYLOAD_BYTES = 1024 * 1024;
const DRAIN_DEADLINE_MS = 10_000;

type Answerer = (payload: Uint8Array) => Promise<Uint8Array>;

interface Member {
  readonly answerer: Answerer;
  readonly inFlight: InFlight;
}

/** The members of one queue take turns. */
interface QueueGroup {
  readonly members: Member[];
  turn: number;
}

/** Subjects, queue groups and requests inside one process. */
export class Broker {
  private readonly subjects = new Map<string, Map<string, QueueGroup>>();
  private readonly pending = new PendingRequests();
  private readonly inFlight = new InFlight();
  private open = true;

  constructor(private readonly logger: BusLogger | undefined) {}

  isOpen(): boolean {
    return this.open;
  }

  request(subject: string, payload: Uint8Array, deadlineMs: number): Promise<Uint8Array> {
    const unsendable = this.whyUnsendable(subject, payload);
    if (unsendable !== undefined) return Promise.reject(unsendable);
    return this.pending.open(subject, deadlineMs, (token) => this.publish(subject, payload, token));
  }

  /** Hands the message to one member of each queue group; nobody waits for what comes of it. */
  emit(subject: string, payload: Uint8Array): void {
    this.publish(subject, payload, 0);
  }

  answer(subject: string, queue: string, answerer: Answerer): Answering {
    const member = { answerer, inFlight: new InFlight() };
    const queues = this.subjects.get(subject) ?? new Map<string, QueueGroup>();
    const group = queues.get(queue) ?? { members: [], turn: 0 };
    group.members.push(member);
    this.subjects.set(subject, queues.set(queue, group));
    return {
      stop: () => {
        this.remove(subject, queue, member);
        return member.inFlight.whenIdle(DRAIN_DEADLINE_MS);
      },
    };
  }

  async drain(): Promise<void> {
    this.open = false;
    await this.inFlight.whenIdle(DRAIN_DEADLINE_MS);
    this.subjects.clear();
  }

  private whyUnsendable(subject: string, payload: Uint8Array): Error | undefined {
    if (!this.open) return new BusUnavailable('the bus is closed');
    if (payload.length > MAX_PAYLOAD_BYTES) return new BusFault(`the message on ${subject} is larger than 1 MiB`);
    if (!this.subjects.has(subject)) return new BusUnavailable(`nobody answers on ${subject}`);
    return undefined;
  }

  private publish(subject: string, payload: Uint8Array, token: number): void {
    for (const group of this.subjects.get(subject)?.values() ?? []) {
      const member = group.members[group.turn++ % group.members.length];
      if (member !== undefined) void this.deliver(subject, member, payload, token);
    }
  }

  private async deliver(subject: string, member: Member, payload: Uint8Array, token: number): Promise<void> {
    this.inFlight.begin();
    member.inFlight.begin();
    try {
      // The asker's turn ends first, as it does when the answerer is another process.
      await Promise.resolve();
      const reply = await member.answerer(payload);
      if (reply.length > MAX_PAYLOAD_BYTES) throw new RangeError('the answer is larger than 1 MiB');
      this.pending.answer(token, reply);
    } catch (fault) {
      this.logger?.error({ subject, err: fault }, 'a request could not be answered');
      this.pending.refuse(token, new BusFault(`the answerer of ${subject} failed`));
    } finally {
      member.inFlight.end();
      this.inFlight.end();
    }
  }

  private remove(subject: string, queue: string, member: Member): void {
    const queues = this.subjects.get(subject);
    const members = queues?.get(queue)?.members;
    const index = members?.indexOf(member) ?? -1;
    if (queues === undefined || members === undefined || index < 0) return;
    members.splice(index, 1);
    if (members.length === 0) queues.delete(queue);
    if (queues.size === 0) this.subjects.delete(subject);
  }
}
