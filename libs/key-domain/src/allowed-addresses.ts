import { BlockList, isIP } from 'node:net';

/** One list for each family: a single one would find IPv4 addresses in IPv6 ranges, by their mapped form. */
interface RangesByFamily {
  readonly ipv4: BlockList;
  readonly ipv6: BlockList;
}

const listsByRanges = new WeakMap<readonly string[], RangesByFamily>();
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Whether an address is in one of these addresses and CIDR ranges; with none, every address is. Fails closed: an address
 * that cannot be read is in none, and neither is any in a range that cannot be read.
 */
export function isAllowedAddress(ranges: readonly string[], address: string): boolean {
  if (ranges.length === 0) return true;
  let lists = listsByRanges.get(ranges);
  if (lists === undefined) {
    lists = listsOf(ranges);
    listsByRanges.set(ranges, lists);
  }
  const plain = plainAddress(address);
  const family = familyOf(plain);
  return family !== undefined && !plain.includes('%') && lists[family].check(plain, family);
}

/**
 * Brings an address or a CIDR range into the one form in which it is kept.
 * @returns undefined where it is neither, or where a range has bits set beyond its prefix: then it is unclear what was meant.
 */
export function readRange(text: string): string | undefined {
  const slash = text.indexOf('/');
  const written = slash === -1 ? text : text.slice(0, slash);
  const address = plainAddress(written);
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return undefined;
  const bits = family === 4 ? 32 : 128;
  if (slash === -1) return address.toLowerCase();
  // The prefix of a mapped address counts bits of the long form: which range is meant is anybody's guess.
  if (address !== written) return undefined;
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > bits) return undefined;
  const prefix = Number(digits);
  return hasHostBits(address, family, prefix) ? undefined : `${address.toLowerCase()}/${prefix}`;
}

function listsOf(ranges: readonly string[]): RangesByFamily {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const range of ranges) {
    const [address = '', prefix] = readRange(range)?.split('/') ?? [];
    const family = familyOf(address);
    if (family === undefined) continue;
    if (prefix === undefined) lists[family].addAddress(address, family);
    else lists[family].addSubnet(address, Number(prefix), family);
  }
  return lists;
}

function familyOf(address: string): keyof RangesByFamily | undefined {
  const family = isIP(address);
  if (family === 0) return undefined;
  return family === 4 ? 'ipv4' : 'ipv6';
}

/** An IPv4 address that a dual-stack socket shows in its IPv6 form means the IPv4 address. */
function plainAddress(address: string): string {
  return MAPPED_IPV4.exec(address)?.[1] ?? address;
}

function hasHostBits(address: string, family: number, prefix: number): boolean {
  const value = family === 4 ? ipv4Bits(address) : ipv6Bits(address);
  const hostBits = BigInt((family === 4 ? 32 : 128) - prefix);
  return (value & ((1n << hostBits) - 1n)) !== 0n;
}

function ipv4Bits(address: string): bigint {
  return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function ipv6Bits(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0n);
  return [...before, ...zeros, ...after].reduce((bits, group) => (bits << 16n) | group, 0n);
}

/** The 16-bit groups of one side of an IPv6 address; a dotted IPv4 address at its end makes two. */
function groupsOf(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [BigInt(`0x${part}`)];
    const bits = ipv4Bits(part);
    return [bits >> 16n, bits & 0xffffn];
  });
}
