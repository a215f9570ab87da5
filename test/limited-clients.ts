import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Arrival, HeldLimit, History } from '@gatehouse/history/history';
import type { Operation } from '@gatehouse/history/operation';
import { Agent } from 'undici';

/** A key that is used up, what its requests are charged to, and what one of them costs by its path. */
export interface LimitedKey {
  readonly id: string;
  readonly key: string;
  readonly api: string;
  readonly subjects: readonly string[];
}

/** Clients that record what they asked and got, and an upstream that records what reached it, as a history. */
export interface LimitedClients {
  readonly upstreamUrl: string;
  /**
   * So many clients at once, each with one question after the other, until `isEnough`.
   * @param next what is asked, and where.
   */
  askUntil(
    isEnough: (asked: readonly Operation[]) => boolean,
    clients: number,
    next: () => { readonly key: LimitedKey; readonly gateway: string; readonly path: string; readonly cost: number },
  ): Promise<void>;
  history(subjects: ReadonlyMap<string, readonly HeldLimit[]>): History;
  stop(): Promise<void>;
}

const nowNs = () => performance.now() * 1e6;

export async function startLimitedClients(): Promise<LimitedClients> {
  const operations: Operation[] = [];
  const arrivals: Arrival[] = [];
  const dispatcher = new Agent({ connections: 64, pipelining: 1 });
  const unixMsAtZero = Date.now() - performance.now();
  let lastId = 0;
  const upstream = createServer((request, response) => {
    const operation = Number(request.headers['x-operation']);
    arrivals.push({ operation, atNs: nowNs(), requestId: null });
    request.resume().once('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));

  async function ask(process: string, { id: keyId, key, api, subjects }: LimitedKey, origin: string, path: string) {
    const id = ++lastId;
    const startedAtNs = nowNs();
    const status = await dispatcher
      .request({
        origin,
        path: `/apis/${api}${path}`,
        method: 'GET',
        headers: { authorization: `Bearer ${key}`, 'x-operation': String(id) },
      })
      .then(async (answer) => {
        await answer.body.dump();
        return answer.statusCode;
      })
      .catch(() => null);
    const outcome = status === 200 ? 'ok' : status === null || status >= 500 ? 'unknown' : 'failed';
    const asked = { id, process, operation: 'use', object: keyId, startedAtNs, returnedAtNs: nowNs() } as const;
    return { ...asked, outcome, status, via: origin, arguments: { subjects }, result: {} } as const;
  }

  return {
    upstreamUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    askUntil: async (isEnough, clients, next) => {
      const one = async (_: unknown, index: number) => {
        while (!isEnough(operations)) {
          const { key, gateway, path, cost } = next();
          const asked = await ask(`client-${index + 1}`, key, gateway, path);
          operations.push({ ...asked, arguments: { ...asked.arguments, cost } });
        }
      };
      await Promise.all(Array.from({ length: clients }, one));
    },
    history: (subjects) => ({ operations, arrivals, faults: [], subjects, unixMsAtZero }),
    stop: async () => {
      await dispatcher.close();
      upstream.closeAllConnections();
      await new Promise((resolve) => upstream.close(resolve));
    },
  };
}
