import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '@gatehouse/config/environment.loader';

/** From where a request really comes, as far as it can be known. */
export interface ClientAddress {
  readonly address: string;
  /** Whether the client spoke HTTPS to the outermost proxy that is ours. */
  readonly isHttps: boolean;
}

/** @param peer address of the socket. @param rawHeaders names and values in turn. */
export type FindClientAddress = (peer: string, rawHeaders: readonly string[]) => ClientAddress;

/**
 * The socket's peer, unless that is one of our proxies: then the right-most hop of X-Forwarded-For that is none. What
 * anyone else says about addresses is not read.
 * @param trustedProxies addresses and CIDR ranges.
 * @throws ConfigurationError for a range that cannot be read, or that trusts everybody.
 */
export function clientAddresses(trustedProxies: readonly string[]): FindClientAddress {
  if (trustedProxies.length === 0) return (peer) => ({ address: plainAddress(peer), isHttps: false });
  const trusted = trustedBlocks(trustedProxies);
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (peer, rawHeaders) => {
    let address = plainAddress(peer);
    if (isIP(address) === 0 || !isTrusted(address)) return { address, isHttps: false };
    const hops = listHeader(rawHeaders, 'x-forwarded-for');
    for (let index = hops.length - 1; index >= 0; index--) {
      const hop = plainAddress(hops[index] as string);
      if (isIP(hop) === 0) break;
      address = hop;
      if (!isTrusted(hop)) break;
    }
    return { address, isHttps: listHeader(rawHeaders, 'x-forwarded-proto').at(-1)?.toLowerCase() === 'https' };
  };
}

function trustedBlocks(trustedProxies: readonly string[]): BlockList {
  const blocks = new BlockList();
  for (const entry of trustedProxies) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address);
    const bits = family === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    if (family === 0 || prefix === '' || !Number.isInteger(length) || length < 0 || length > bits) {
      throw new ConfigurationError(`TRUSTED_PROXIES: ${entry} is not an address and no range such as 10.0.0.0/8`);
    }
    if (length === 0) throw new ConfigurationError(`TRUSTED_PROXIES: ${entry} would trust everybody`);
    blocks.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
  }
  return blocks;
}

/** All values of a list header, over all lines on which it was sent. */
function listHeader(rawHeaders: readonly string[], wanted: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if ((rawHeaders[index] as string).toLowerCase() !== wanted) continue;
    for (const value of (rawHeaders[index + 1] as string).split(',')) values.push(value.trim());
  }
  return values;
}

/** An IPv4 address also where the socket says it the IPv6 way. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
