import { randomOf } from '../faults/random.mjs';
import { simulateGateway } from './batches.mjs';
import { simulateChanges } from './changes.mjs';
import * as costs from './costs.mjs';
import { simulatePartitions } from './partitions.mjs';
import { simulateRemembering, zipfDraw } from './remembering.mjs';
import { hitRatio, moreThan, sumOver, zipfBands } from './zipf.mjs';

/** The installation that the questions are about. */
const REQUESTS = 1_000_000;
const KEYS = 100_000_000;
const ORGANIZATIONS = 1_000_000;
const EXPONENTS = [0.8, 1, 1.2];
/** Of the tables that take one. */
const EXPONENT = 1;
/** A processor that is busier than this answers late at the next peak. */
const BUSY = 0.6;
const REPLICAS = 6;
/** Each key is made, rotated and revoked once in so many days. */
const CHANGED_EVERY_DAYS = 90;

/** Assumed: of two processes of one network, each as busy as `BUSY`. */
const ROUND_TRIP_MS = { median: 0.5, p99: 5 };
const COMMIT_MS = { median: 2, p99: 20 };
const PAUSE = { pauseShare: 0.001, pauseMs: 50 };

/**
 * Everything that the simulation says: tables in Markdown, the same for the same seed.
 * @returns title and table, one for each question.
 */
export function scaleReport(seed) {
  const bands = zipfBands(KEYS, EXPONENT);
  const rows = gatewayRows(seed);
  const gateway = rows.find(({ utilization }) => utilization >= BUSY) ?? rows.at(-1);
  const remembered = Object.fromEntries(EXPONENTS.map((exponent) => [exponent, rememberedShare(seed, exponent)]));
  const of = { seed, bands, gateway, remembered };
  return [
    ['Gateways: how large batches become', gatewayTable(rows)],
    ['Requests whose key is remembered', memoryTable(of)],
    [`All of it, for ${thousands(REQUESTS)} requests a second`, wholeTable(of)],
    ['Limits by partition', partitionTable(seed)],
    ['A change, and everybody who must acknowledge it', changesTable(seed)],
    ['What there is one of', boundsTable(of)],
  ].map(([title, text]) => ({ title, text }));
}

function gatewayRows(seed) {
  return [500, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000].map((requestsPerSecond) => ({
    requestsPerSecond,
    ...simulateGateway({
      requestsPerSecond,
      requests: 40_000,
      costs: { turnUs: costs.GATEWAY.turn, messageUs: costs.GATEWAY.message, requestUs: costs.GATEWAY.request },
      roundTripMs: ROUND_TRIP_MS,
      upstreamMs: { median: 20, p99: 200 },
      batchesInFlightMax: costs.BATCHES_IN_FLIGHT,
      itemsMax: costs.BATCH_ITEMS,
      random: randomOf(`${seed} gateway ${requestsPerSecond}`),
    }),
  }));
}

function gatewayTable(rows) {
  return table(
    ['requests/s at a gateway', 'in a message', 'messages a request', 'event loop busy', 'asking adds, median', 'p99'],
    rows.map(({ requestsPerSecond, itemsPerMessage, messagesPerRequest, utilization, askingMs }) => [
      thousands(requestsPerSecond),
      itemsPerMessage.toFixed(1),
      messagesPerRequest.toFixed(1),
      percent(utilization),
      `${askingMs.median.toFixed(1)} ms`,
      `${rounded(askingMs.p99)} ms`,
    ]),
  );
}

function rememberedShare(seed, exponent) {
  const random = randomOf(`${seed} remembering ${exponent}`);
  const draw = zipfDraw(KEYS, exponent, random);
  return simulateRemembering({ entries: costs.REMEMBERED_KEYS, lately: costs.LATELY, requests: 300_000, draw });
}

function memoryTable({ remembered }) {
  const sizes = [1_000_000, 10_000_000, 50_000_000];
  return table(
    ['keys are used', 'gateway, 20,000', ...sizes.map((size) => `\`keys\`, ${thousands(size)}`)],
    EXPONENTS.map((exponent) => {
      const bands = zipfBands(KEYS, exponent);
      const ratios = sizes.map((size) => percent(hitRatio(bands, size)));
      return [`as rank^-${exponent}`, percent(remembered[exponent]), ...ratios];
    }),
  );
}

/** What one gateway tells of in two seconds, and what that is in a second of all of them. */
function usageOf(bands, requestsPerSecond) {
  const uses = requestsPerSecond * costs.USAGE_EVERY_SECONDS;
  const keysTold = sumOver(bands, (share) => moreThan(share * uses, costs.SELDOM_USES_MAX));
  // Of a key that comes more than 16 times, all uses are added up.
  const usesTold = sumOver(bands, (share) => share * uses * moreThan(share * uses, costs.SELDOM_USES_MAX - 1));
  const gateways = REQUESTS / requestsPerSecond;
  const keysPerSecond = (keysTold * gateways) / costs.USAGE_EVERY_SECONDS;
  return { keysPerSecond, seldomShare: 1 - usesTold / uses };
}

function wholeTable({ bands, gateway, remembered }) {
  const exchanges = (REQUESTS * gateway.messagesPerRequest) / 4;
  const cores = (messages, { message, request }, requests = REQUESTS) =>
    (messages * message + requests * request) / 1e6;
  const gateways = Math.ceil(REQUESTS / gateway.requestsPerSecond);
  const usage = usageOf(bands, gateway.requestsPerSecond);
  const lookup = (entries) =>
    (REQUESTS * (1 - hitRatio(bands, entries)) * (costs.LOOKUP.statement + costs.LOOKUP.key)) / 1e6;
  const renewals = (1_000 / costs.RENEW_EVERY_MS) * (gateways + REPLICAS);
  const changes = KEYS / (CHANGED_EVERY_DAYS * 86_400);
  const tokens = (REQUESTS * (1 - remembered[EXPONENT]) * costs.TOKEN) / 1e6;
  const busy = (value) => thousands(Math.ceil(value / BUSY));
  const row = (part, growsWith, much, value) => [
    part,
    growsWith,
    much,
    value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0),
    busy(value),
  ];
  return table(
    ['part', 'grows with', 'how much of it', 'cores of work', `cores at ${percent(BUSY)}`],
    [
      row('gateway', 'requests', `${thousands(gateways)} processes`, gateways * gateway.utilization),
      row('gateway, signed tokens', 'keys not remembered', `${percent(1 - remembered[EXPONENT])} of requests`, tokens),
      row('NATS', 'messages', `${millions(4 * exchanges)} a second`, cores(2 * exchanges, costs.NATS, 2 * REQUESTS)),
      row('`keys`, from memory', 'messages', `${millions(exchanges)} questions`, cores(exchanges, costs.KEYS)),
      row('`ratelimit`', 'messages', `${millions(exchanges)} questions`, cores(exchanges, costs.RATELIMIT)),
      row('Redis, six windows', 'messages', `${millions(exchanges)} scripts`, cores(exchanges, costs.REDIS)),
      row('PostgreSQL: lookups', 'keys not remembered', '1,000,000 in `keys`', lookup(1_000_000)),
      row('PostgreSQL: lookups', 'keys not remembered', '50,000,000 in `keys`', lookup(50_000_000)),
      row(
        'PostgreSQL: usage added up',
        'keys that come often',
        `${thousands(usage.keysPerSecond)} a second`,
        (usage.keysPerSecond * costs.USAGE.key) / 1e6,
      ),
      row(
        'PostgreSQL: usage kept',
        'uses of the others',
        `${percent(usage.seldomShare)} of requests`,
        (REQUESTS * usage.seldomShare * costs.USAGE.use) / 1e6,
      ),
      row('PostgreSQL: renewals', 'lease holders', `${thousands(renewals)} a second`, (renewals * costs.RENEWAL) / 1e6),
      row('PostgreSQL: changes', 'changes', `${changes.toFixed(0)} a second`, (changes * costs.CHANGE) / 1e6),
    ],
  );
}

function partitionTable(seed) {
  const rows = [0.8, 1].flatMap((exponent) =>
    [1, 16, 64, 256].map((partitions) => {
      const random = randomOf(`${seed} partitions ${exponent} ${partitions}`);
      const { hottestShare, busiest } = simulatePartitions({
        organizations: ORGANIZATIONS,
        exponent,
        partitions,
        random,
      });
      return [
        `rank^-${exponent}`,
        percent(hottestShare, 1),
        String(partitions),
        `${busiest.median.toFixed(2)} (${busiest.worst.toFixed(2)})`,
        thousands(rounded((busiest.median * REQUESTS) / partitions)),
      ];
    }),
  );
  const header = [
    'organizations are used as',
    'the hottest has',
    'partitions',
    'busiest ÷ even (worst of 10)',
    'its requests/s',
  ];
  return table(header, rows);
}

function changesTable(seed) {
  const rows = [0, 3, 30, 100, 300, 1_000].map((gateways) => {
    const timesOf = (dead) =>
      simulateChanges({
        replicas: REPLICAS,
        gateways,
        dead,
        changes: 500,
        acknowledgementMs: ROUND_TRIP_MS,
        commitMs: COMMIT_MS,
        tellUs: costs.TELL_OWN,
        ...PAUSE,
        random: randomOf(`${seed} changes ${gateways} ${dead}`),
      });
    const [live, dead] = [timesOf(0), timesOf(1)];
    const tellings = 2 * (gateways + REPLICAS - 1);
    return [
      thousands(gateways),
      `${rounded(live.median)} ms`,
      `${rounded(live.p99)} ms`,
      `${thousands(rounded(dead.median, 3))} ms`,
      thousands(2 * tellings),
      thousands(rounded(1e6 / (tellings * costs.TELL_OWN + costs.CHANGE_OWN))),
    ];
  });
  const header = [
    'gateways with a lease',
    'median',
    'p99',
    'with some of them dead',
    'NATS messages',
    'changes/s that fill a replica',
  ];
  return table(header, rows);
}

function boundsTable({ bands, gateway }) {
  const items = gateway.itemsPerMessage;
  const perRequest = ({ message, request }) => message / items + request;
  const { seldomShare } = usageOf(bands, gateway.requestsPerSecond);
  const missShare = 1 - hitRatio(bands, 1_000_000);
  const second = (us) => `${thousands(rounded(1e6 / us))} requests/s`;
  return table(
    ['of which there is one', 'is full at', 'why'],
    [
      [
        'Valkey, its memory of 200 MB',
        `${thousands(rounded((200 * 2 ** 20) / costs.REDIS_SUBJECT_BYTES))} subjects`,
        `${costs.REDIS_SUBJECT_BYTES} bytes for a key or an organization, for as long as its longest window`,
      ],
      ['Redis, messages as above', second(perRequest(costs.REDIS)), 'one thread; `ratelimit` replicas share it'],
      [
        'Redis, 64 requests in a script',
        second(costs.REDIS.message / 64 + costs.REDIS.request),
        'the same, if scripts were that full',
      ],
      ['`ratelimit` with counters in memory', second(perRequest(costs.RATELIMIT)), 'one process, and no second one'],
      ['counting of uses that come seldom', second(costs.COUNTED_USE * seldomShare), 'one connection, all of its time'],
      [
        'PostgreSQL of 8 cores, lookups alone',
        second(((costs.LOOKUP.statement + costs.LOOKUP.key) * missShare) / 8),
        'each replica of `keys` remembers 1,000,000 of them',
      ],
    ],
  );
}

const percent = (share, digits = 0) => `${(share * 100).toFixed(digits)} %`;
const thousands = (value) => Math.round(value).toLocaleString('en');
const millions = (value) => `${(value / 1e6).toFixed(2)} million`;

/** To so many digits that count: what is simulated is not known better. */
function rounded(value, digits = 2) {
  return Number(value.toPrecision(digits));
}

function table(header, rows) {
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => row[column].length), title.length),
  );
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
