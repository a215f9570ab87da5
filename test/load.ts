import { Agent, request } from 'undici';

/** How many answers had each status. */
export type Tally = Readonly<Record<number, number>>;

/**
 * Sends `total` requests from `clients` clients at once, spread over the addresses in turn.
 * A request that gets no answer at all counts as status 0.
 */
export async function sendMany(
  urls: readonly string[],
  total: number,
  clients: number,
  headers: Readonly<Record<string, string>>,
): Promise<Tally> {
  const dispatcher = new Agent({ connections: clients, pipelining: 1 });
  const tally: Record<number, number> = {};
  let sent = 0;
  const client = async () => {
    while (sent < total) {
      const url = urls[sent++ % urls.length] ?? '';
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
