import { describe, expect, it } from '@jest/globals';
import { clientSubject } from './allowance.js';

const same = (...addresses: string[]) =>
  new Set(addresses.map((address) => clientSubject(address).toString('hex'))).size;

describe('what stands for a client [R-05]', () => {
  it('is one for every spelling of one IPv4 address, and another for each address', () => {
    expect(same('192.0.2.7', '::ffff:192.0.2.7', '::FFFF:192.0.2.7')).toBe(1);
    expect(same('192.0.2.7', '192.0.2.8')).toBe(2);
  });

  it('is the /64 of an IPv6 address, however it is written', () => {
    expect(same('2001:db8:0:1::1', '2001:DB8::1:ffff:2:3:4', '2001:0db8:0000:0001:0:0:0:9')).toBe(1);
    expect(same('2001:db8:0:1::1', '2001:db8:0:2::1', '::1', '64:ff9b::192.0.2.7')).toBe(4);
  });

  it('is one for everything that is no address, so that nothing is without a limit [H-120]', () => {
    expect(same('', 'a', '192.0.2', 'fe80::1%eth0', '192.0.2.7, 192.0.2.8')).toBe(1);
  });
});
