import { type ServiceName, type ServiceProcess, startServiceProcess } from '@gatehouse/launch/service-process.client';
import { waitUntil } from '@gatehouse/launch/wait-until.client';
import { type ClusterPlatform, repositoryRoot, startClusterPlatform } from '@gatehouse/testing/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import { signInAdministrator } from './administrator.js';
import { type CountingUpstream, startCountingUpstream } from './counting-upstream.js';

const REPLICAS = 2;
const DEADLINE_MS = 60_000;
/** A gateway that drains lets streams go on for 20 s; before and after that a busy machine takes its time. */
const DRAINED_FROM_MS = 15_000;
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

/** What clients ask again and again. */
interface Question {
  readonly what: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
  /** How many ask it at once. */
  readonly clients: number;
}

/** Two of every service. Clients send as a load balancer does: to gateways that are ready, and that nobody is about to stop. */
describe('while every process of every service is restarted, one after the other', () => {
  const dispatcher = new Agent({ connections: 64, pipelining: 1 });
  const running: Record<ServiceName, ServiceProcess[]> = { gateway: [], identity: [], keys: [], ratelimit: [] };
  const replaced: ServiceProcess[] = [];
  const inRotation = new Set<string>();
  const failures: string[] = [];
  const answered = new Map<string, number>();
  let questions: readonly Question[] = [];
  let restarting = 'nothing';
  let over = false;
  let load: Promise<unknown> = Promise.resolve();
  let upstream: CountingUpstream;
  let platform: ClusterPlatform;
  let stream: Stream;

  beforeAll(async () => {
    upstream = await startCountingUpstream();
    const api = (name: string, profile: string, verification: string) =>
      `  - { name: ${name}, profile: ${profile}, verification: ${verification}, upstream: "${upstream.url}", limiterOutage: deny, plans: { free: { key: { day: 4000000 }, organization: { minute: 4000000 } } } }\n`;
    platform = await startClusterPlatform({
      exampleUpstreamUrl: upstream.url,
      replicas: { gateway: REPLICAS, identity: REPLICAS, keys: REPLICAS, ratelimit: REPLICAS },
      configuration: `gateways: ${REPLICAS}\napis:\n${api('queried', 'exante', 'queried')}${api('leased', 'exante', 'leased')}${api('people', 'xantly', 'queried')}`,
    });
    for (const service of ['gateway', 'identity', 'keys', 'ratelimit'] as const)
      running[service].push(...platform.cluster.services[service]);
    for (const url of platform.urls) inRotation.add(url);
    questions = await questionsOf(platform);
    load = Promise.all(
      questions.flatMap((question) => Array.from({ length: question.clients }, () => keepAsking(question))),
    );
    await untilAllAnswered();
  }, 180_000);

  afterAll(async () => {
    over = true;
    await load;
    await dispatcher.close();
    await Promise.all(replaced.map(({ child }) => child.stop()));
    await platform?.stop();
    await upstream?.stop();
  }, 120_000);

  async function questionsOf(of: ClusterPlatform): Promise<readonly Question[]> {
    const administrator = await signInAdministrator(of);
    const keyOf = async (api: string, scopes: readonly string[] = []) =>
      (await administrator.createKey(api, scopes)).key;
    const key = await keyOf('queried');
    stream = await openStream(`${of.urls[1]}/apis/queried/stream`, key);
    const management = bearer(await keyOf('gatehouse', ['keys.read', 'keys.write', 'keys.verify', 'limits.check']));
    const signedIn = await fetch(`${of.url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(of.admin),
    });
    const { access_token: token } = (await signedIn.json()) as { access_token: string };
    const get = { method: 'GET', clients: 2 } as const;
    const post = { method: 'POST', clients: 1 } as const;
    const counted = { namespace: 'mail', identifier: 'ada', limit: 4_000_000, window_seconds: 60 };
    return [
      { ...get, what: 'a key', path: '/apis/queried/', headers: bearer(key) },
      { ...get, what: 'a key, slow upstream', path: '/apis/queried/slow', headers: bearer(key), clients: 4 },
      { ...get, what: 'a leased key', path: '/apis/leased/', headers: bearer(await keyOf('leased')) },
      { ...get, what: 'an access token', path: '/apis/people/', headers: bearer(token) },
      { ...get, what: 'a session', path: '/api/v1/orgs', headers: bearer(token) },
      { ...get, what: 'a list of keys', path: '/api/v1/keys?limit=1', headers: management },
      { ...post, what: 'a verification', path: '/api/v1/keys/verify', headers: management, body: { key } },
      { ...post, what: 'a limit check', path: '/api/v1/limits/check', headers: management, body: counted },
      {
        ...post,
        what: 'a new key',
        path: '/api/v1/keys',
        headers: management,
        body: { api: 'queried', name: 'new', scopes: [] },
      },
    ];
  }

  async function keepAsking(question: Question): Promise<void> {
    for (let round = 0; !over; round++) {
      const origin = [...inRotation][round % inRotation.size];
      if (origin === undefined) throw new Error('no gateway is in rotation');
      const during = restarting;
      const status = await statusOf(question, origin);
      if (status === 200 || status === 201) answered.set(question.what, (answered.get(question.what) ?? 0) + 1);
      else failures.push(`${question.what} while ${during} was restarted: ${status}`);
    }
  }

  async function statusOf({ method, path, headers, body }: Question, origin: string): Promise<number | string> {
    const json = { 'content-type': 'application/json', ...headers };
    const given = body === undefined ? { headers } : { headers: json, body: JSON.stringify(body) };
    try {
      const answer = await dispatcher.request({ origin, path, method, ...given });
      const text = await answer.body.text();
      return answer.statusCode < 300 ? answer.statusCode : `${answer.statusCode} ${text}`;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Each question is answered some more, so that what has just begun to run is asked as well. */
  async function untilAllAnswered(): Promise<void> {
    const before = new Map(answered);
    await waitUntil(
      'answers to every question',
      async () => questions.every(({ what }) => (answered.get(what) ?? 0) >= (before.get(what) ?? 0) + 5),
      DEADLINE_MS,
    );
  }

  async function restart(service: ServiceName, place: number): Promise<void> {
    const old = running[service][place];
    const url = service === 'gateway' ? platform.urls[place] : undefined;
    if (old === undefined) throw new Error(`there is no ${service} ${place}`);
    restarting = old.name;
    // A load balancer sends nothing new to it; what is under way there goes on.
    if (url !== undefined) inRotation.delete(url);
    old.child.signal('SIGTERM');
    expect(await old.child.ended).toBe(0);
    const replacement = await startServiceProcess(service, old.name, repositoryRoot, old.environment);
    replaced.push(replacement);
    running[service][place] = replacement;
    await replacement.waitUntilReady();
    if (url !== undefined) inRotation.add(url);
    await untilAllAnswered();
  }

  const withoutFailure = async (work: () => Promise<void>) => {
    await work();
    // Each failure is told once, also one of a question that was under way when the restart before was over.
    expect(failures.splice(0)).toEqual([]);
  };

  it.each([
    ['ratelimit', 0],
    ['ratelimit', 1],
    ['identity', 0],
    ['identity', 1],
    ['keys', 0],
    ['keys', 1],
    ['gateway', 0],
  ] as const)('no request fails: %s %i', (service, place) => withoutFailure(() => restart(service, place)), 180_000);

  it('an open stream goes on while all of that is restarted, and for a while when its own gateway is, and is then cut', async () => {
    const events = stream.events;
    await waitUntil('more of the stream', async () => stream.events > events, DEADLINE_MS);
    const beganMs = performance.now();
    await withoutFailure(() => restart('gateway', 1));
    const { endedAtMs, how } = await stream.ended;
    // Half an answer never looks whole.
    expect(how).toBe('cut');
    expect(endedAtMs - beganMs).toBeGreaterThan(DRAINED_FROM_MS);
    over = true;
    await load;
    expect(failures).toEqual([]);
  }, 180_000);
});

interface Stream {
  /** How many have arrived. */
  readonly events: number;
  readonly ended: Promise<{ readonly endedAtMs: number; readonly how: 'whole' | 'cut' }>;
}

async function openStream(url: string, secret: string): Promise<Stream> {
  const answer = await fetch(url, { headers: bearer(secret) });
  expect(answer.status).toBe(200);
  let events = 0;
  const read = async () => {
    for await (const _ of answer.body ?? []) events++;
  };
  const endedAs = (how: 'whole' | 'cut') => () => ({ endedAtMs: performance.now(), how });
  const ended = read().then(endedAs('whole'), endedAs('cut'));
  return {
    get events() {
      return events;
    },
    ended,
  };
}
