import { describe, expect, it } from '@jest/globals';
import { clientAddresses } from './client-address.server.js';

const find = clientAddresses(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);
const from = (peer: string, ...raw: string[]) => find(peer, raw).address;

describe('the address of a client [H-100]', () => {
  it.each([
    ['203.0.113.1', ['X-Forwarded-For', '1.1.1.1'], '203.0.113.1'],
    ['10.1.1.1', ['X-Forwarded-For', '1.1.1.1'], '1.1.1.1'],
    ['::ffff:10.1.1.1', ['X-Forwarded-For', '1.1.1.1'], '1.1.1.1'],
    ['fd00::1', ['X-Forwarded-For', '2001:db8::1'], '2001:db8::1'],
    ['10.1.1.1', ['X-Forwarded-For', '6.6.6.6, 1.1.1.1, 10.2.2.2'], '1.1.1.1'],
    ['10.1.1.1', ['X-Forwarded-For', '6.6.6.6', 'x-forwarded-for', '1.1.1.1'], '1.1.1.1'],
    ['10.1.1.1', ['X-Forwarded-For', '1.1.1.1, nonsense, 10.2.2.2'], '10.2.2.2'],
    ['10.1.1.1', ['X-Forwarded-For', ''], '10.1.1.1'],
    ['10.1.1.1', [], '10.1.1.1'],
    ['192.0.2.7', ['X-Forwarded-For', '10.9.9.9'], '10.9.9.9'],
    ['', ['X-Forwarded-For', '1.1.1.1'], ''],
  ])('%s with %j is %s', (peer, raw, expected) => {
    expect(from(peer, ...raw)).toBe(expected);
  });

  it('believes in HTTPS only when a trusted proxy says it last', () => {
    expect(find('10.1.1.1', ['X-Forwarded-Proto', 'https']).isHttps).toBe(true);
    expect(find('10.1.1.1', ['X-Forwarded-Proto', 'https, http']).isHttps).toBe(false);
    expect(find('203.0.113.1', ['X-Forwarded-Proto', 'https']).isHttps).toBe(false);
    expect(clientAddresses([])('10.1.1.1', ['X-Forwarded-Proto', 'https']).isHttps).toBe(false);
  });

  it.each(['0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/', 'proxy.internal', ''])(
    'refuses to start with the range %j',
    (range) => {
      expect(() => clientAddresses([range])).toThrow('TRUSTED_PROXIES');
    },
  );
});
