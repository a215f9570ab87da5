import { describe, expect, it } from '@jest/globals';
import { identityConfig, requireNatsUrl } from './config.js';

const ENOUGH = {
  DATABASE_URL: 'postgres://gatehouse@127.0.0.1/gatehouse',
  GATEHOUSE_SECRET: '0123456789abcdef0123456789abcdef',
};

describe('identityConfig', () => {
  it('needs a database and a secret of 32 characters, and names each that is missing or wrong [T-05]', () => {
    expect(identityConfig(ENOUGH)).toMatchObject({ PASSWORD_MIN_LENGTH: 12, INTERNAL_PORT: 9090 });
    expect(() => identityConfig({})).toThrow(/DATABASE_URL[\s\S]*GATEHOUSE_SECRET/);
    for (const [name, value] of [
      ['DATABASE_URL', 'http://127.0.0.1'],
      ['GATEHOUSE_SECRET', 'short'],
      ['GATEHOUSE_SECRET', '0123456789abcdef0123456789abcde'],
      ['PASSWORD_MIN_LENGTH', '11'],
      ['PASSWORD_MIN_LENGTH', 'twelve'],
      ['PUBLIC_URL', 'gatehouse'],
      ['INTERNAL_PORT', '70000'],
    ] as const) {
      expect(() => identityConfig({ ...ENOUGH, [name]: value })).toThrow(name);
    }
  });

  it('takes a provider as a whole or not at all, over HTTPS or on this machine [H-072]', () => {
    const github = { GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'secret' };
    const sso = { SSO_ISSUER: 'https://idp.example.test/', SSO_CLIENT_ID: 'id', SSO_CLIENT_SECRET: 'secret' };
    expect(identityConfig({ ...ENOUGH, ...github, ...sso })).toMatchObject({ ...github, ...sso });
    for (const whole of [github, sso]) {
      for (const name of Object.keys(whole)) {
        expect(() => identityConfig({ ...ENOUGH, ...whole, [name]: '' })).toThrow(`${name}: is required together`);
      }
    }
    for (const address of [
      'http://idp.example.test',
      'file:///etc/passwd',
      'http://169.254.169.254',
      'http://127.0.0.1.example.test',
      'https://idp.example.test/.well-known/openid-configuration',
    ]) {
      expect(() => identityConfig({ ...ENOUGH, ...sso, SSO_ISSUER: address })).toThrow('SSO_ISSUER');
    }
    expect(() => identityConfig({ ...ENOUGH, GITHUB_URL: 'http://github.example.test' })).toThrow('GITHUB_URL');
    expect(identityConfig({ ...ENOUGH, GITHUB_URL: 'http://127.0.0.1:1' }).GITHUB_URL).toBe('http://127.0.0.1:1');
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
