import { lookup as resolveName } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { isPublicAddress } from './is-public-address.js';

const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 64 * 1024;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A request to a provider. A redirect is an answer like any other: it is not followed. */
interface OutboundRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws Error where there is no answer that may be read: too slow, too large, compressed, or an address that is not asked. */
export type Outbound = (url: string | URL, request?: OutboundRequest) => Promise<Response>;

/**
 * The one way out to providers: HTTPS, at most 64 KB and 5 seconds, no redirects [O-11, H-072, H-073]. The operator has
 * named one of its addresses, which may lie in a private network, and on this machine it may be plain HTTP; every other
 * host must have a public address. The address that was judged is the one that is connected to.
 * @param named what the operator has configured
 */
export function outbound(named: URL): { readonly send: Outbound; close(): Promise<void> } {
  const mayBePrivate = named.hostname;
  const dispatcher = new Agent({
    connect: { timeout: TIMEOUT_MS, lookup: judgedLookup(mayBePrivate) },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: ANSWER_BYTES_MAX,
    keepAliveTimeout: 1_000,
  });
  const send: Outbound = async (address, { method = 'GET', headers = {}, body, signal } = {}) => {
    const url = new URL(address);
    checkUrl(url, named);
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await request(url, {
      dispatcher,
      method: method as 'GET' | 'POST',
      headers: { 'user-agent': 'gatehouse', ...headers, 'accept-encoding': 'identity' },
      body: body ?? null,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    const bytes = await answer.body.bytes();
    const { 'content-encoding': encoding = 'identity', 'content-type': type } = answer.headers;
    if (encoding !== 'identity') throw new Error('the answer is compressed, which was not asked for');
    const isEmpty = answer.statusCode === 204 || answer.statusCode === 304;
    return new Response(isEmpty ? null : new Uint8Array(bytes), {
      status: answer.statusCode,
      headers: typeof type === 'string' ? { 'content-type': type } : {},
    });
  };
  return { send, close: () => dispatcher.destroy() };
}

function checkUrl(url: URL, named: URL): void {
  const isPlainLoopback = url.protocol === 'http:' && url.origin === named.origin && LOOPBACK.has(url.hostname);
  if (url.protocol !== 'https:' && !isPlainLoopback) throw new Error('only HTTPS is asked');
  if (url.username !== '' || url.password !== '') throw new Error('an address with a login in it is not asked');
  // A name is judged when it has been resolved.
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && url.hostname !== named.hostname && !isPublicAddress(literal)) throw new Error(NOT_PUBLIC);
}

const NOT_PUBLIC = 'the host has an address that is not public';

function judgedLookup(mayBePrivate: string): LookupFunction {
  return (hostname, options, callback) =>
    resolveName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const isRefused = hostname !== mayBePrivate && addresses.some(({ address }) => !isPublicAddress(address));
      const [first] = addresses;
      if (isRefused || first === undefined) return callback(new Error(NOT_PUBLIC), []);
      if (options.all === true) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
}
