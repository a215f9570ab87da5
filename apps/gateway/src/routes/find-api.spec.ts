import { describe, expect, it } from '@jest/globals';
import { exampleApi } from '../proxy/gateway-under-test.conformance.js';
import { findApi } from './find-api.js';
import { publishApis } from './published-api.js';

const table = publishApis({
  apis: [exampleApi({ name: 'first', hosts: ['api.first.com'] }), exampleApi({ name: 'second', hosts: [] })],
  gateways: 1,
});
const found = (host: string | undefined, target: string) => {
  const result = findApi(table, host, target);
  return result.kind === 'found' ? [result.published.api.name, result.target] : result.kind;
};

describe('findApi', () => {
  it.each([
    ['api.first.com', '/v1/x?y', ['first', '/v1/x?y']],
    ['API.First.com:8080', '/v1', ['first', '/v1']],
    ['api.first.com.', '/v1', ['first', '/v1']],
    ['api.first.com', '/apis/second/x', ['first', '/apis/second/x']],
    ['localhost:8080', '/apis/second/v1/x?y=1', ['second', '/v1/x?y=1']],
    [undefined, '/apis/second', ['second', '/']],
    ['localhost', '/apis/second?x=1', ['second', '/?x=1']],
    ['localhost', '/apis/second/../first/x', ['second', '/../first/x']],
    ['localhost', '/apis/third/x', 'unknown_name'],
    ['localhost', '/apis/', 'unknown_name'],
    ['localhost', '/apis/SECOND/x', 'unknown_name'],
    ['localhost', '/apis/constructor/x', 'unknown_name'],
    ['localhost', '/', 'not_published'],
    ['localhost', '/apisx/second', 'not_published'],
    ['api.first.com.evil.example', '/v1', 'not_published'],
    ['localhost', 'http://api.first.com/x', 'not_published'],
  ])('%s %s -> %j', (host, target, expected) => {
    expect(found(host, target)).toEqual(expected);
  });
});

describe('publishApis', () => {
  it('refuses to start without the example upstream that an API names', () => {
    expect(() => publishApis({ apis: [exampleApi({ upstream: 'example' })], gateways: 1 })).toThrow('example upstream');
  });

  it('leads `example` to the example upstream, and keeps a base path', () => {
    const catalog = { apis: [exampleApi({ upstream: 'example' })], gateways: 1 };
    const published = publishApis(catalog, 'http://127.0.0.1:9000/base/').byName.get('example');
    expect(published?.upstreamOrigin).toBe('http://127.0.0.1:9000');
    expect(published?.upstreamBasePath).toBe('/base');
  });

  it.each(['ftp://x', 'nonsense'])('refuses the upstream %s', (upstream) => {
    expect(() => publishApis({ apis: [exampleApi({ upstream })], gateways: 1 })).toThrow('not an http');
  });
});
