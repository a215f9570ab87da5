import { describe, expect, it } from '@jest/globals';
import { hopHeaders } from './hop-headers.js';

const hop = hopHeaders(['Authorization', 'X-Api-Key'], ['X-RateLimit-Limit', 'X-Quota-Left'], true);
const up = (...raw: string[]) => hop.toUpstream(raw, true);
const down = (...raw: string[]) =>
  hop.toClient(
    raw.map((part) => Buffer.from(part, 'latin1')),
    200,
  );

describe('headers on their way up', () => {
  it('pass as they were written', () => {
    const raw = ['Content-Type', 'a/b', 'X-Custom', '1', 'X-Custom', '2', 'traceparent', '00-1-2-01', 'Cookie', 'a=b'];
    expect(up(...raw)).toEqual(raw);
  });

  it.each([
    'Authorization',
    'X-API-Key',
    'x_api_key',
    'Host',
    'Via',
    'Forwarded',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'transfer_encoding',
    'content_length',
    'Upgrade',
    'HTTP2-Settings',
    'Proxy-Connection',
    'Proxy-Authorization',
    'Expect',
    'X-Gatehouse-Key-Id',
    'x_gatehouse_key_id',
    'X.Gatehouse.Scopes',
    'X-GATEHOUSE_Identity',
    'X-Gatehouse-Anything',
    'X-Auth-Subject',
    'X_Auth_User',
    'X-User-Id',
    'X-Org-Id',
    'X-Scopes',
    'X-Consumer-Username',
    'X-Credential-Identifier',
    'X-Forwarded-For',
    'X-Forwarded-User',
    'x_forwarded_email',
    'X-Forwarded-Groups',
    'X-Forwarded-Preferred-Username',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'Remote-User',
    'X-Remote-Group',
    'X-Real-IP',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-HTTP-Method-Override',
    'X-Request-Id',
    'Client-IP',
    'CF-Connecting-IP',
    'Fastly-Client-IP',
    'X-Envoy-External-Address',
    'X-Envoy-Original-Path',
    'X-Azure-ClientIP',
    'X-Azure-SocketIP',
    'X-Client-Cert',
    'X-SSL-Client-Verify',
    'SSL_Client_S_DN',
    'X-Webauth-User',
    'X-Host',
    'X-Forwarded',
    'X-Original-Forwarded-For',
    'X-Organization-Id',
    'X-Tenant-Id',
    'X-Userinfo',
    'X-Id-Token',
  ])('%s does not cross', (name) => {
    expect(up(name, 'evil', 'Accept', '*/*')).toEqual(['Accept', '*/*']);
  });

  it('does not cross where Connection names it, in any case', () => {
    expect(up('X-Hop', '1', 'Connection', 'close, x-hop , Accept', 'Accept', '*/*', 'X-End', '2')).toEqual([
      'X-End',
      '2',
    ]);
  });

  it('keeps the length of a body even where Connection names it, and drops it without a body', () => {
    expect(up('Connection', 'content-length', 'Content-Length', '3')).toEqual(['Content-Length', '3']);
    expect(hop.toUpstream(['Content-Length', '0'], false)).toEqual([]);
  });

  it('loses the cookies of the platform, and no others', () => {
    expect(up('Cookie', 'a=1; __Host-gatehouse_session=s; b=2; gatehouse_session=t')).toEqual(['Cookie', 'a=1; b=2']);
    expect(up('Cookie', 'gatehouse_session=t')).toEqual([]);
    expect(up('Cookie', 'my_gatehouse=1')).toEqual(['Cookie', 'my_gatehouse=1']);
  });

  it('forgets nothing when a client makes up more names than are remembered', () => {
    for (let index = 0; index < 3_000; index++) expect(up(`X-Made-Up-${index}`, '1')).toHaveLength(2);
    expect(up('X-Gatehouse-New', '1')).toEqual([]);
  });
});

describe('headers on their way down', () => {
  it('pass as they were written', () => {
    const raw = ['Content-Type', 'text/event-stream', 'Set-Cookie', 'a=b', 'Set-Cookie', 'c=d', 'Retry-After', '3'];
    expect(down(...raw)).toEqual(raw);
  });

  it.each([
    'Connection',
    'Keep-Alive',
    'Transfer-Encoding',
    'Trailer',
    'Upgrade',
    'Proxy-Authenticate',
    'Server',
    'X-Powered-By',
    'Alt-Svc',
    'X-Request-Id',
    'X-RateLimit-Remaining',
    'RateLimit',
    'RateLimit-Policy',
    'X-Quota-Left',
    'X-Gatehouse-Key-Id',
    'Access-Control-Allow-Origin',
  ])('%s does not cross', (name) => {
    expect(down(name, 'x', 'Accept-Ranges', 'none')).toEqual(['Accept-Ranges', 'none']);
  });

  it('do not cross where Connection names them', () => {
    expect(down('Connection', 'X-Hop', 'X-Hop', '1', 'X-End', '2')).toEqual(['X-End', '2']);
  });

  it('set no cookie of the platform [H-110]', () => {
    expect(down('Set-Cookie', '__Host-gatehouse_session=evil; Path=/', 'set-cookie', 'gatehouse_session=evil')).toEqual(
      [],
    );
  });

  it('may invite browsers where the profile allows them', () => {
    const open = hopHeaders([], [], false);
    const raw = ['Access-Control-Allow-Origin', '*'].map((part) => Buffer.from(part));
    expect(open.toClient(raw, 200)).toEqual(['Access-Control-Allow-Origin', '*']);
  });

  it('carry no length where there can be no body', () => {
    const raw = ['Content-Length', '3'].map((part) => Buffer.from(part));
    expect(hop.toClient(raw, 204)).toEqual([]);
    expect(hop.toClient(raw, 304)).toEqual(['Content-Length', '3']);
  });
});
