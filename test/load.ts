import { Agent, request } from 'undici';

/** How many answers had each status. */
export type Tally = Readonly<Record<number, number>>;

/** What one request of many has of its own. */
export interface Attempt {
  readonly headers?: Readonly<Record<string, string>>;
  /** Behind the address. */
  readonly path?: string;
}

/**
 * Sends `total` requests from `clients` clients at once, spread over the addresses in turn.
 * A request that gets no answer at all counts as status 0.
 */
export function sendMany(
  urls: readonly string[],
  total: number,
  clients: number,
  headers: Readonly<Record<string, string>>,
): Promise<Tally> {
  return send(total, clients, (round) => ({ url: urls[round % urls.length] ?? '', headers }));
}

/** Sends `total` requests from `clients` clients at once, each with something of its own. */
export function sendEach(
  url: string,
  total: number,
  clients: number,
  attemptOf: (round: number) => Attempt,
): Promise<Tally> {
  return send(total, clients, (round) => {
    const { headers = {}, path = '' } = attemptOf(round);
    return { url: url + path, headers };
  });
}

async function send(
  total: number,
  clients: number,
  requestOf: (round: number) => { readonly url: string; readonly headers: Readonly<Record<string, string>> },
): Promise<Tally> {
  const dispatcher = new Agent({ connections: clients, pipelining: 1 });
  const tally: Record<number, number> = {};
  let sent = 0;
  const client = async () => {
    while (sent < total) {
      const { url, headers } = requestOf(sent++);
      const status = await request(url, { dispatcher, headers })
        .then(async (answer) => {
          await answer.body.dump();
          return answer.statusCode;
        })
        .catch(() => 0);
      tally[status] = (tally[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  await dispatcher.close();
  return tally;
}
