import { describe, expect, it } from '@jest/globals';
import { type KnownCaller, networkOf, unusualUse } from './unusual-use.js';

const AT_MS = Date.UTC(2026, 0, 15, 12);
const KEY = { keyId: 'key_1', organizationId: 'org_1', api: 'exante', display: 'ex_live_...AbCd' };

function caller(address: string, isNew: boolean, more: Partial<KnownCaller> = {}): KnownCaller {
  return { address, isNew, userAgent: 'curl/8', route: 'GET /x', lastAtMs: AT_MS, ...more };
}
const told = (daysOfUse: number, ...callers: KnownCaller[]) =>
  unusualUse({ ...KEY, daysOfUse, callers }).map(({ source }) => source);

describe('unusual use of a key [G10]', () => {
  it('is use from a network that it was never used from, told with its newest caller', () => {
    const callers = [
      caller('192.0.2.1', false),
      caller('203.0.113.7', true, { userAgent: 'old', lastAtMs: AT_MS - 1 }),
      caller('203.0.113.9', true, { userAgent: 'python', route: 'POST /x' }),
    ];
    expect(unusualUse({ ...KEY, daysOfUse: 7, callers })).toEqual([
      {
        organizationId: 'org_1',
        kind: 'key.unusual_use',
        keyId: 'key_1',
        source: '203.0.113.0/24',
        detail: {
          reason: 'new_network',
          network: '203.0.113.0/24',
          address: '203.0.113.9',
          user_agent: 'python',
          route: 'POST /x',
          at: '2026-01-15T12:00:00.000Z',
          api: 'exante',
          display: 'ex_live_...AbCd',
        },
      },
    ]);
  });

  it('is not what has no habits to differ from: a new key, one that is seldom used, one that comes from anywhere', () => {
    const stranger = caller('203.0.113.7', true);
    expect(told(30, stranger)).toEqual([]);
    expect(told(6, caller('192.0.2.1', false), stranger)).toEqual([]);
    const networks = ['192.0.2.1', '198.51.100.1', '8.8.8.8', '9.9.9.9'].map((address) => caller(address, false));
    expect(told(30, ...networks.slice(0, 3), stranger)).toEqual(['203.0.113.0/24']);
    expect(told(30, ...networks, stranger)).toEqual([]);
  });

  it('is not another program, nor another address of the same network', () => {
    const known = caller('192.0.2.1', false);
    expect(told(30, known, caller('192.0.2.1', true, { userAgent: 'other' }), caller('192.0.2.200', true))).toEqual([]);
    expect(told(30, caller('10.1.2.3', false), caller('10.99.0.1', true), caller('192.168.0.9', true))).toEqual([]);
  });

  it('is told for each network, however many there are', () => {
    const callers = [caller('192.0.2.1', false), caller('203.0.113.7', true), caller('198.51.100.7', true)];
    expect(told(7, ...callers)).toEqual(['203.0.113.0/24', '198.51.100.0/24']);
  });
});

describe('networkOf', () => {
  it.each([
    ['192.0.2.255', '192.0.2.0/24'],
    ['::ffff:192.0.2.255', '192.0.2.0/24'],
    ['2001:db8:1:2::9', '2001:db8:1::/48'],
    ['2001:DB8:0001:ffff:1:2:3:4', '2001:db8:1::/48'],
    ['2001:db8::9', '2001:db8:0::/48'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.32.0.1', '172.32.0.0/24'],
    ['100.64.0.1', 'private'],
    ['127.0.0.1', 'private'],
    ['fd00::1', 'private'],
    ['fe80::1', 'private'],
    ['::1', 'private'],
    ['', ''],
    ['not an address', 'not an address'],
  ])('%s: %s', (address, network) => expect(networkOf(address)).toBe(network));
});
