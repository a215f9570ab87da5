/** What happens to a header at this hop. */
type Fate = 'pass' | 'drop' | 'length' | 'connection' | 'cookie' | 'set-cookie';

/**
 * Meant for one connection only (RFC 9110 section 7.6.1), or for us, in either direction. A name that `Connection`
 * lists is dropped as well.
 */
const HOP_BY_HOP = [
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'expect',
];

/**
 * What upstreams commonly believe about the caller, or about the request as it was before us. Only the gateway may say
 * it; what a client sends of these is dropped, in every spelling.
 */
const RESERVED = [
  'host',
  'via',
  'forwarded',
  'x-request-id',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-envoy-external-address',
  'x-envoy-original-path',
  'x-original-forwarded-for',
  'x-forwarded',
  'x-host',
  'x-client-cert',
  'x-original-url',
  'x-original-uri',
  'x-original-host',
  'x-original-method',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-credential-identifier',
  'x-org-id',
  'x-organization-id',
  'x-tenant-id',
  'x-userinfo',
  'x-id-token',
  'x-scopes',
  'x-jwt-assertion',
  'x-goog-iap-jwt-assertion',
];
const RESERVED_PREFIXES = [
  'x-gatehouse-',
  'x-auth-',
  'x-authenticated-',
  'x-user-',
  'x-consumer-',
  'x-anonymous-consumer',
  'x-forwarded-',
  'x-remote-',
  'x-webauth-',
  'x-ssl-',
  'ssl-client-',
  'remote-',
  'x-goog-authenticated-user-',
  'x-ms-client-principal',
  'x-amzn-oidc-',
];

/** What an upstream may not say to our clients: who we are, how our limits stand, how to reach it without us. */
const NOT_FOR_CLIENTS = ['server', 'x-powered-by', 'alt-svc', 'x-request-id', 'strict-transport-security'];
const NOT_FOR_CLIENTS_PREFIXES = ['x-gatehouse-', 'x-ratelimit-', 'ratelimit'];

/** Cookies of the platform itself, with and without the prefixes that browsers enforce. */
const OWN_COOKIE = /^(__host-|__secure-)?gatehouse[_-]/i;

/** Names are remembered with their fate, up to this many: a client chooses them freely. */
const REMEMBERED_NAMES_MAX = 1_000;

/** The header rules of one API. */
export interface HopHeaders {
  /** What of a client's headers the upstream gets. @param raw names and values in turn. */
  readonly toUpstream: (raw: readonly string[], hasBody: boolean) => string[];
  /** What of an upstream's headers the client gets. @param raw names and values in turn, as latin1 bytes. */
  readonly toClient: (raw: readonly Buffer[], status: number) => string[];
}

/**
 * @param credentialHeaders where the API's credentials may be: they end here.
 * @param limitHeaders names that only we may set on an answer.
 * @param refusesBrowsers whether no answer may invite a browser's script [X12].
 */
export function hopHeaders(
  credentialHeaders: readonly string[],
  limitHeaders: readonly string[],
  refusesBrowsers: boolean,
): HopHeaders {
  const requestFate = remembered(requestFates(credentialHeaders));
  const responseFate = remembered(responseFates(limitHeaders, refusesBrowsers));
  return {
    toUpstream: (raw, hasBody) => {
      const out: string[] = [];
      let listed: ReadonlySet<string> | undefined;
      for (let index = 0; index < raw.length; index += 2) {
        const name = raw[index] as string;
        const value = raw[index + 1] as string;
        const fate = requestFate(name);
        if (fate === 'pass' || (fate === 'length' && hasBody)) out.push(name, value);
        else if (fate === 'connection') listed = withListed(listed, value);
        else if (fate === 'cookie') pushCookies(out, name, value);
      }
      return listed === undefined ? out : withoutListed(out, listed);
    },
    toClient: (raw, status) => {
      const out: string[] = [];
      let listed: ReadonlySet<string> | undefined;
      for (let index = 0; index < raw.length; index += 2) {
        const name = (raw[index] as Buffer).toString('latin1');
        const fate = responseFate(name);
        if (fate === 'drop') continue;
        const value = (raw[index + 1] as Buffer).toString('latin1');
        if (fate === 'pass' || (fate === 'length' && status !== 204)) out.push(name, value);
        else if (fate === 'connection') listed = withListed(listed, value);
        else if (fate === 'set-cookie' && !OWN_COOKIE.test(value.trimStart())) out.push(name, value);
      }
      return listed === undefined ? out : withoutListed(out, listed);
    },
  };
}

function requestFates(credentialHeaders: readonly string[]): (name: string) => Fate {
  const dropped = new Set([...HOP_BY_HOP, ...RESERVED, ...credentialHeaders.map((name) => name.toLowerCase())]);
  return (name) => {
    const spelled = plainSpelling(name);
    if (dropped.has(spelled) || RESERVED_PREFIXES.some((prefix) => spelled.startsWith(prefix))) return 'drop';
    const fate = framing(spelled, 'cookie');
    return fate === 'pass' || name.toLowerCase() === spelled ? fate : 'drop';
  };
}

function responseFates(limitHeaders: readonly string[], refusesBrowsers: boolean): (name: string) => Fate {
  const dropped = new Set([...HOP_BY_HOP, ...NOT_FOR_CLIENTS, ...limitHeaders.map((name) => name.toLowerCase())]);
  const prefixes = refusesBrowsers ? [...NOT_FOR_CLIENTS_PREFIXES, 'access-control-'] : NOT_FOR_CLIENTS_PREFIXES;
  return (name) => {
    const lower = name.toLowerCase();
    if (dropped.has(lower) || prefixes.some((prefix) => lower.startsWith(prefix))) return 'drop';
    return framing(lower, 'set-cookie');
  };
}

function framing(name: string, cookie: 'cookie' | 'set-cookie'): Fate {
  if (name === 'connection') return 'connection';
  if (name === 'content-length') return 'length';
  return name === cookie ? cookie : 'pass';
}

/** CGI-like upstreams read every sign that is no letter or digit as the same one, so `X_User.Id` means `X-User-Id`. */
function plainSpelling(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

function remembered(fateOf: (name: string) => Fate): (name: string) => Fate {
  const fates = new Map<string, Fate>();
  return (name) => {
    const known = fates.get(name);
    if (known !== undefined) return known;
    const fate = fateOf(name);
    if (fates.size < REMEMBERED_NAMES_MAX) fates.set(name, fate);
    return fate;
  };
}

function withListed(listed: ReadonlySet<string> | undefined, value: string): ReadonlySet<string> | undefined {
  if (value === 'keep-alive' || value === 'close') return listed;
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  return new Set([...(listed ?? []), ...names]);
}

function withoutListed(headers: readonly string[], listed: ReadonlySet<string>): string[] {
  const out: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const lower = name.toLowerCase();
    if (lower === 'content-length' || !listed.has(lower)) out.push(name, headers[index + 1] as string);
  }
  return out;
}

function pushCookies(out: string[], name: string, value: string): void {
  if (!/gatehouse/i.test(value)) {
    out.push(name, value);
    return;
  }
  const others = value.split(';').filter((cookie) => !OWN_COOKIE.test(cookie.trim()));
  if (others.length > 0) out.push(name, others.join(';').trim());
}
