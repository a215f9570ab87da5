import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalisePath } from './normalise-path.js';

const written = (path: string) => {
  const normal = normalisePath(path);
  return normal.kind === 'plain' ? normal.path : 'ambiguous';
};

describe('normalisePath', () => {
  it.each([
    ['/', '/'],
    ['/v1/chat/completions', '/v1/chat/completions'],
    ['/%61dmin', '/admin'],
    ['/a%2Db%7ec', '/a-b~c'],
    ['/admin/', '/admin/'],
    ['/tags/c%2b%2B', '/tags/c%2B%2B'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ["/a!$&'()*+,=:@", "/a!$&'()*+,=:@"],
    ['/...', '/...'],
    ['/.well-known/x', '/.well-known/x'],
    ['/a%20b', '/a%20b'],
  ])('writes %s as %s', (path, plain) => {
    expect(written(path)).toBe(plain);
  });

  it.each([
    '',
    'admin',
    '*',
    'http://evil/admin',
    '//admin',
    '//evil.example/admin',
    '/public//admin',
    '/public/../admin',
    '/public/..',
    '/./admin',
    '/public/%2e%2e/admin',
    '/public/%2E./admin',
    '/public/.%2e/admin',
    '/public/..%20/admin',
    '/public/..;/admin',
    '/admin;x',
    '/admin%3bx',
    '/admin%2f',
    '/admin%2Fx',
    '/public%2f..%2fadmin',
    '/public/..%5cadmin',
    '/\\admin',
    '/admin%00',
    '/admin%0a',
    '/admin%7f',
    '/%2561dmin',
    '/public/%252e%252e/admin',
    '/admin%3fx',
    '/admin%23x',
    '/%c0%ae%c0%ae/admin',
    '/%c0%af',
    '/%ed%a0%80',
    '/%ff',
    '/%c2%85',
    '/%ef%bc%8e%ef%bc%8e/admin',
    '/public%ef%bc%8fadmin',
    '/%',
    '/%4',
    '/%zz',
    '/%u0061dmin',
    '/a b',
    '/a"b',
    '/a<b>',
    '/a|b',
    '/a^b',
    '/a\u00e9',
    '/a\u0001',
  ])('refuses %j', (path) => {
    expect(normalisePath(path).kind).toBe('ambiguous');
  });

  it('judges encoded characters as what they mean', () => {
    expect(normalisePath('/users/%40me/a%2Bb/')).toEqual({
      kind: 'plain',
      path: '/users/%40me/a%2Bb/',
      segments: ['users', '@me', 'a+b'],
    });
  });

  const piece = fc.constantFrom(
    ...['/', '.', '..', '%2e', '%2E', '%2f', '%5c', '%25', '%252e', ';', '%3b', '\\', 'a', 'admin', '%61', '%c3%a9'],
    ...['%c0%ae', '%00', '%20', ' ', '%', '~', '%7E', '//', '%ef%bc%8e', '%e2%80%a8', '@', '%40', '?', '#', 'é'],
  );
  const path = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
    fc.string({ unit: 'binary' }).map((text) => `/${text}`),
    fc.webPath(),
  );

  it('never throws, is its own fixed point, and leaves no segment that a server could read as two', () => {
    fc.assert(
      fc.property(path, (given) => {
        const normal = normalisePath(given);
        if (normal.kind === 'ambiguous') return;
        expect(normalisePath(normal.path)).toEqual(normal);
        expect(normal.path).toMatch(/^\/[A-Za-z0-9\-._~!$&'()*+,=:@%/]*$/);
        for (const segment of normal.segments) {
          expect(segment).not.toMatch(/^(|\.|\.\.)$/);
          expect(segment).not.toMatch(/[/\\%;?#\0]/);
        }
        const meant = decodeURIComponent(normal.path).replace(/\/$/, '');
        expect(`/${normal.segments.join('/')}`.replace(/\/$/, '')).toBe(meant);
      }),
      { numRuns: 5_000 },
    );
  });

  it('stays linear: 16 KB of the worst input take milliseconds', () => {
    const started = performance.now();
    for (const unit of ['%2', '%61', '%c3%a9', '/a', '%20', '.'])
      normalisePath(`/${unit.repeat(16_000 / unit.length)}`);
    expect(performance.now() - started).toBeLessThan(500);
  });
});
