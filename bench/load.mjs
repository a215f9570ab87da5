import { fileURLToPath } from 'node:url';
import { PATH } from './upstream.mjs';

const CONNECTIONS = 64;

const KEYS_SCRIPT = fileURLToPath(new URL('./keys.lua', import.meta.url));

/**
 * Loads a contestant with wrk on 64 kept connections for `seconds`: with its headers, or, where it has `keys`, with one
 * of the keys of that file for each request.
 * @returns requests per second, and the number of requests.
 * @throws Error where one answer was not 2xx, or one connection failed: such a sample measures something else.
 */
export async function load(processes, contestant, seconds) {
  const url = `http://127.0.0.1:${contestant.port}${PATH}`;
  const output = await processes.run({
    name: 'wrk',
    command: 'wrk',
    args: ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s', ...requestsOf(contestant, url)],
  });
  const failure = /Non-2xx.*|Socket errors.*/.exec(output);
  if (failure !== null) throw new Error(`not every answer was a good one: ${failure[0]}`);
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  if (!(requests > 0 && requestsPerSecond > 0)) throw new Error(`wrk said nothing usable:\n${output}`);
  return { requests, requestsPerSecond };
}

function requestsOf({ headers, keys }, url) {
  if (keys === undefined) {
    return [...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]), url];
  }
  return ['-s', KEYS_SCRIPT, url, '--', keys.file, headers.Host, keys.order, String(keys.next())];
}
