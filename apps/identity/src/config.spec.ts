import { describe, expect, it } from '@jest/globals';
import { identityConfig, requireNatsUrl } from './config.js';

const ENOUGH = {
  DATABASE_URL: 'postgres://gatehouse@127.0.0.1/gatehouse',
  GATEHOUSE_SECRET: '0123456789abcdef0123456789abcdef',
};

describe('identityConfig', () => {
  it('needs a database and a secret, and names each that is missing or wrong', () => {
    expect(identityConfig(ENOUGH)).toMatchObject({ PASSWORD_MIN_LENGTH: 12, INTERNAL_PORT: 9090 });
    expect(() => identityConfig({})).toThrow(/DATABASE_URL[\s\S]*GATEHOUSE_SECRET/);
    for (const [name, value] of [
      ['DATABASE_URL', 'http://127.0.0.1'],
      ['GATEHOUSE_SECRET', 'short'],
      ['PASSWORD_MIN_LENGTH', '11'],
      ['PASSWORD_MIN_LENGTH', 'twelve'],
      ['PUBLIC_URL', 'gatehouse'],
      ['INTERNAL_PORT', '70000'],
    ] as const) {
      expect(() => identityConfig({ ...ENOUGH, [name]: value })).toThrow(name);
    }
  });

  it('compares the public address without the slash at its end, and demands it in production', () => {
    expect(identityConfig({ ...ENOUGH, PUBLIC_URL: 'https://a.example.test//' }).PUBLIC_URL).toBe(
      'https://a.example.test',
    );
    expect(() => identityConfig({ ...ENOUGH, NODE_ENV: 'production' })).toThrow('PUBLIC_URL');
  });

  it('demands NATS for the process of its own only', () => {
    expect(() => requireNatsUrl(identityConfig(ENOUGH))).toThrow('NATS_URL');
    expect(requireNatsUrl(identityConfig({ ...ENOUGH, NATS_URL: 'nats://127.0.0.1:4222' }))).toBe(
      'nats://127.0.0.1:4222',
    );
  });
});
