import { isIP } from 'node:net';
import type { NewNotice } from '../notices/notice.js';

/** One program that has used a key, from one address. */
export interface KnownCaller {
  readonly address: string;
  readonly userAgent: string;
  readonly route: string;
  readonly lastAtMs: number;
  /** Seen for the first time of late. */
  readonly isNew: boolean;
}

/** How a key was used until now. */
export interface KeyHabits {
  readonly keyId: string;
  readonly organizationId: string;
  readonly api: string;
  readonly display: string;
  /** On how many of the last 30 days it was used. */
  readonly daysOfUse: number;
  readonly callers: readonly KnownCaller[];
}

/** A key that is used on fewer days has no habits yet. */
const DAYS_OF_USE_MIN = 7;
/** A key that is used from more networks may come from anywhere. */
const NETWORKS_MAX = 3;

/**
 * Use from a network that the key was never used from [G10]: a notice for each, where the key was used steadily and from
 * few networks. A network is a /24 of IPv4 or a /48 of IPv6; all private ones are one, since there addresses come and go.
 */
export function unusualUse({ callers, daysOfUse, ...key }: KeyHabits): NewNotice[] {
  if (daysOfUse < DAYS_OF_USE_MIN) return [];
  const known = new Set(callers.filter(({ isNew }) => !isNew).map(({ address }) => networkOf(address)));
  if (known.size === 0 || known.size > NETWORKS_MAX) return [];
  const strange = new Map<string, KnownCaller>();
  for (const caller of callers) {
    const network = networkOf(caller.address);
    if (known.has(network)) continue;
    const other = strange.get(network);
    if (other === undefined || caller.lastAtMs > other.lastAtMs) strange.set(network, caller);
  }
  return [...strange].map(([network, { address, userAgent, route, lastAtMs }]) => ({
    organizationId: key.organizationId,
    kind: 'key.unusual_use',
    keyId: key.keyId,
    source: network,
    detail: {
      reason: 'new_network',
      network,
      address,
      user_agent: userAgent,
      route,
      at: new Date(lastAtMs).toISOString(),
      api: key.api,
      display: key.display,
    },
  }));
}

const PRIVATE_V4 =
  /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;
const PRIVATE_V6 = /^(::1$|f[cd]|fe[89ab])/;
const MAPPED_V4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** @param address as gateways write it; what is no address is a network of its own. */
export function networkOf(address: string): string {
  const plain = MAPPED_V4.exec(address)?.[1] ?? address.toLowerCase();
  if (PRIVATE_V4.test(plain) || PRIVATE_V6.test(plain)) return 'private';
  if (isIP(plain) !== 6) return plain.replace(/^(\d+\.\d+\.\d+)\.\d+$/, '$1.0/24');
  const [head = ''] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const first = [0, 1, 2].map((place) => Number.parseInt(groups[place] ?? '0', 16).toString(16));
  return `${first.join(':')}::/48`;
}
