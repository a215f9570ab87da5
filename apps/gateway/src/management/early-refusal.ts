import type { ProblemCode } from '@gatehouse/contracts/problems';
import { judgeHost } from './judge-host.js';
import type { ProblemDetails } from './refusal.js';
import { repeatedHeader } from './repeated-header.js';

/** Why a request is refused before any route is looked for. */
export interface EarlyRefusal {
  readonly code: ProblemCode;
  readonly details?: ProblemDetails;
  /** Nothing more can be read from the connection. */
  readonly closes?: true;
}

const UNCLEAR_FRAMING: EarlyRefusal = {
  code: 'invalid_request',
  details: { detail: 'Transfer-Encoding may only be chunked, in HTTP/1.1.' },
  closes: true,
};

/** What these rules read of a request. */
interface ArrivedRequest {
  readonly url?: string | undefined;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
  readonly headers: { readonly host?: string | undefined; readonly 'transfer-encoding'?: string | undefined };
  readonly httpVersion: string;
}

/** What is wrong with a request wherever it goes: its framing, its host. @param servedHosts names, lower case */
export function refusalOfAny(request: ArrivedRequest, servedHosts: ReadonlySet<string>): EarlyRefusal | undefined {
  const { rawHeaders, headers, httpVersion } = request;
  const coding = headers['transfer-encoding'];
  // Where two servers may disagree on where the body ends (RFC 9112 section 6.1).
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersion === '1.0')) return UNCLEAR_FRAMING;
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++;
  }
  if (hosts > 1) return { code: 'header_repeated', details: { detail: 'host was sent more than once.' } };
  switch (judgeHost(headers.host, servedHosts)) {
    case 'known':
      return undefined;
    case 'unknown':
      return { code: 'unknown_host' };
    case 'malformed':
      return { code: 'invalid_request', details: { detail: 'The Host header is missing, or is not a host.' } };
  }
}

/** What is wrong with a request to the platform's own host. @param insecure it came over plain HTTP where that is refused */
export function refusalOfManagement(request: ArrivedRequest, insecure: boolean): EarlyRefusal | undefined {
  if (insecure) return { code: 'https_required' };
  if (request.url?.startsWith('/') !== true) {
    return { code: 'invalid_request', details: { detail: 'The request target must be a path.' } };
  }
  const repeated = repeatedHeader(request.rawHeaders);
  if (repeated === undefined) return undefined;
  return { code: 'header_repeated', details: { detail: `${repeated} was sent more than once.` } };
}
