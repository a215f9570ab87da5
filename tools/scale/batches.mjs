import { delayOf, exponential, quantile } from './delays.mjs';

/**
 * One gateway for some requests: an event loop that takes what has come since its last turn, does it, and sends what was
 * asked in that turn as one message to `keys` and one to `ratelimit`, with a number of batches in flight at most, as
 * `libs/bus/src/batch-per-turn.ts` does. A request asks `keys`, then `ratelimit`, then waits for its upstream.
 *
 * @param requestsPerSecond that arrive, memoryless; `regular: true` for one after the other at equal distances.
 * @param costs microseconds of the event loop: of a turn, of a message and its answer, and of a request in all its phases.
 * @param roundTripMs of an exchange, from its message to its answer; see `delayOf`.
 * @returns items in a message, messages to and from NATS for each request, the share of the time that the loop works,
 * and what asking adds to a request in milliseconds.
 */
export function simulateGateway({
  requestsPerSecond,
  requests,
  costs,
  roundTripMs,
  upstreamMs = { median: 5, p99: 5 },
  batchesInFlightMax = 8,
  itemsMax = 512,
  regular = false,
  random,
}) {
  const distanceUs = 1e6 / requestsPerSecond;
  const partUs = costs.requestUs / 4;
  const events = heap();
  const lines = { keys: line(), limits: line() };
  const waits = [];
  let sent = 0;
  let items = 0;
  let busyUs = 0;
  let nowUs = 0;
  let utilization = 0;
  let arrived = 0;
  let answered = 0;

  const arrive = (atUs) => events.add(atUs, { kind: 'request', items: [atUs] });
  const nextArrival = (atUs) => atUs + (regular ? distanceUs : exponential(random, distanceUs));
  const flush = (name) => {
    const { waiting, inFlight } = lines[name];
    let left = inFlight;
    let usedUs = 0;
    while (waiting.length > 0 && left < batchesInFlightMax) {
      const batch = waiting.splice(0, itemsMax);
      left += 1;
      sent += 1;
      items += batch.length;
      usedUs += costs.messageUs;
      events.add(nowUs + usedUs + delayOf(random, roundTripMs) * 1_000, { kind: name, items: batch });
    }
    lines[name].inFlight = left;
    return usedUs;
  };

  arrive(nextArrival(0));
  while (answered < requests) {
    nowUs = Math.max(nowUs, events.firstUs());
    const startedUs = nowUs;
    nowUs += costs.turnUs;
    for (const { atUs, event } of events.takeUntil(startedUs)) {
      nowUs += partUs * event.items.length;
      if (event.kind === 'request') {
        arrived += 1;
        if (arrived < requests) arrive(nextArrival(atUs));
        lines.keys.waiting.push(...event.items);
      } else if (event.kind === 'keys') {
        lines.keys.inFlight -= 1;
        lines.limits.waiting.push(...event.items);
      } else if (event.kind === 'limits') {
        lines.limits.inFlight -= 1;
        for (const since of event.items) {
          waits.push((nowUs - since) / 1_000);
          events.add(nowUs + delayOf(random, upstreamMs) * 1_000, { kind: 'upstream', items: [since] });
        }
      } else answered += event.items.length;
    }
    nowUs += flush('keys');
    nowUs += flush('limits');
    busyUs += nowUs - startedUs;
    // What comes after the last request has come is no load any more.
    if (arrived < requests) utilization = busyUs / nowUs;
  }
  return {
    itemsPerMessage: items / sent,
    messagesPerRequest: (2 * sent) / requests,
    utilization,
    askingMs: { median: quantile(waits, 0.5), p99: quantile(waits, 0.99) },
  };
}

const line = () => ({ waiting: [], inFlight: 0 });

/** Events by their time; of those at the same time, the one that was added first. */
function heap() {
  const rows = [];
  const before = (one, other) => one.atUs < other.atUs || (one.atUs === other.atUs && one.number < other.number);
  let number = 0;
  const take = () => {
    const [first] = rows;
    const last = rows.pop();
    if (rows.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= rows.length) break;
      if (child + 1 < rows.length && before(rows[child + 1], rows[child])) child += 1;
      if (!before(rows[child], last)) break;
      rows[at] = rows[child];
      at = child;
    }
    rows[at] = last;
    return first;
  };
  return {
    add(atUs, event) {
      const row = { atUs, number: number++, event };
      let at = rows.length;
      rows.push(row);
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!before(row, rows[parent])) break;
        rows[at] = rows[parent];
        at = parent;
      }
      rows[at] = row;
    },
    firstUs: () => rows[0].atUs,
    takeUntil(untilUs) {
      const taken = [];
      while (rows.length > 0 && rows[0].atUs <= untilUs) taken.push(take());
      return taken;
    },
  };
}
