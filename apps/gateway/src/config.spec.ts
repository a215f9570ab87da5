import { describe, expect, it } from '@jest/globals';
import { gatewayConfig, gatewayProcessConfig } from './config.js';

const GATEHOUSE_SECRET = '0123456789abcdef0123456789abcdef';

describe('the environment of a gateway', () => {
  it('needs little: everything else has a default', () => {
    expect(gatewayConfig({ GATEHOUSE_SECRET })).toEqual({
      PORT: 8080,
      PUBLIC_URL: 'http://localhost:8080',
      GATEHOUSE_SECRET,
      TRUSTED_PROXIES: [],
      GITHUB_SECRET_SCANNING_KEYS_URL: 'https://api.github.com/meta/public_keys/secret_scanning',
      IMPORT_PEPPERS: new Map(),
      DEADLINE_FACTOR: 1,
      NODE_ENV: 'development',
    });
    const process = gatewayProcessConfig({ GATEHOUSE_SECRET, NATS_URL: 'nats://127.0.0.1:4222', PORT: '9' });
    expect(process).toMatchObject({ INTERNAL_PORT: 9090, GATEHOUSE_CONFIG: 'gatehouse.yaml', PORT: 9 });
    expect(process.PUBLIC_URL).toBe('http://localhost:9');
  });

  it('takes PUBLIC_URL as an origin', () => {
    expect(gatewayConfig({ GATEHOUSE_SECRET, PUBLIC_URL: 'https://Gate.example:443/' }).PUBLIC_URL).toBe(
      'https://gate.example',
    );
  });

  it.each([
    ['PORT', '70000'],
    ['PUBLIC_URL', 'gate.example'],
    ['PUBLIC_URL', 'https://gate.example/base'],
    ['PUBLIC_URL', 'https://user@gate.example'],
    ['GATEHOUSE_SECRET', 'short'],
    ['GATEHOUSE_SECRET', ''],
    ['TRUSTED_PROXIES', 'everybody'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8,,'],
    ['TRUSTED_PROXIES', '0.0.0.0/0'],
    ['TRUSTED_PROXIES', '10.0.0.0/8, ::/0'],
    ['NODE_ENV', 'prod'],
    ['EXAMPLE_UPSTREAM_URL', 'ftp://x'],
    ['GITHUB_SECRET_SCANNING_KEYS_URL', 'api.github.com'],
    ['GITHUB_SECRET_SCANNING_KEYS_URL', 'http://api.github.com/meta/public_keys/secret_scanning'],
    ['GITHUB_SECRET_SCANNING_KEYS_URL', 'http://127.0.0.1.example.com/'],
    ['IMPORT_PEPPERS', 'c2VjcmV0'],
    ['IMPORT_PEPPERS', 'former=c2VjcmV0,former=c2VjcmV0'],
  ])('refuses %s=%s, and names it', (name, value) => {
    expect(() => gatewayConfig({ GATEHOUSE_SECRET, [name]: value })).toThrow(`${name}:`);
  });

  it('needs an HTTPS address in production', () => {
    const production = { GATEHOUSE_SECRET, NODE_ENV: 'production' };
    expect(() => gatewayConfig(production)).toThrow('PUBLIC_URL: must begin with https://');
    expect(gatewayConfig({ ...production, PUBLIC_URL: 'https://gate.example' }).NODE_ENV).toBe('production');
  });

  it('needs NATS in a process of its own', () => {
    expect(() => gatewayProcessConfig({ GATEHOUSE_SECRET })).toThrow('NATS_URL:');
  });

  it('never shows a value', () => {
    expect(() => gatewayConfig({ GATEHOUSE_SECRET: 'hunter2' })).toThrow(expect.not.stringContaining('hunter2'));
  });
});
