import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isAllowedAddress, readRange } from './allowed-addresses.js';

describe('isAllowedAddress', () => {
  it('lets every address through where none is named', () => {
    expect(isAllowedAddress([], '192.0.2.1')).toBe(true);
    expect(isAllowedAddress([], 'nonsense')).toBe(true);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '1.0.0.0', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:DB8::1', '2001:db8:0:0:0:0:0:1', true],
    ['::/0', '192.0.2.1', false],
  ])('asks by bits, not by text: is %p open to %p?', (range, address, expected) => {
    expect(isAllowedAddress([range], address)).toBe(expected);
  });

  it('knows an IPv4 address in its IPv6 form', () => {
    expect(isAllowedAddress(['192.0.2.0/24'], '::ffff:192.0.2.7')).toBe(true);
    expect(isAllowedAddress(['192.0.2.0/24'], '::FFFF:192.0.3.7')).toBe(false);
  });

  it('fails closed: what cannot be read is in no range, and a range that cannot be read has nobody in it', () => {
    for (const address of ['', 'unknown', '192.0.2', '192.0.2.1, 10.0.0.1', '192.0.2.1:80', 'fe80::1%eth0']) {
      expect(isAllowedAddress(['0.0.0.0/0', '::/0'], address)).toBe(false);
    }
    for (const range of ['nonsense', '192.0.2.1/33', '192.0.2.0/-1', '/8', '*']) {
      expect(isAllowedAddress([range], '192.0.2.1')).toBe(false);
    }
  });

  it('agrees with arithmetic on every IPv4 range', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.integer({ min: 0, max: 32 }), (base, other, prefix) => {
        const mask = prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0;
        const network = (base & mask) >>> 0;
        const expected = (other & mask) >>> 0 === network;
        expect(isAllowedAddress([`${dotted(network)}/${prefix}`], dotted(other))).toBe(expected);
      }),
    );
  });
});

describe('readRange', () => {
  it('writes one form for each', () => {
    expect(readRange('192.0.2.1')).toBe('192.0.2.1');
    expect(readRange('2001:DB8::/32')).toBe('2001:db8::/32');
    expect(readRange('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });

  it('refuses what is unclear: bits beyond the prefix, odd digits, zones, names, spaces', () => {
    const unclear = [
      '192.0.2.1/24',
      '2001:db8::1/32',
      '::ffff:192.0.2.0/24',
      '192.0.2.0/024',
      '192.0.2.0/',
      '192.0.2.0/24/8',
      '192.0.2.0 /24',
      ' 192.0.2.1',
      '192.0.2.01',
      '0x7f.1',
      '2130706433',
      'fe80::1%eth0',
      'localhost',
      '',
      '/',
    ];
    for (const text of unclear) expect([text, readRange(text)]).toEqual([text, undefined]);
  });
});

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}
