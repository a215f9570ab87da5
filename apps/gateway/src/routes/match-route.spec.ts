import { describe, expect, it } from '@jest/globals';
import { compileRoutes, evadesScopes, matchRoute } from './match-route.js';

const route = (method: string, pattern: string) => ({ method, pattern, scopes: [], cost: 1 });
const matches = (pattern: string, path: string) =>
  matchRoute(compileRoutes([route('*', pattern)]), 'GET', path.split('/').slice(1).filter(Boolean)) !== undefined;

describe('matchRoute', () => {
  it.each([
    ['/', '/', true],
    ['/', '/a', false],
    ['/v1/models', '/v1/models', true],
    ['/v1/models', '/v1/models/x', false],
    ['/v1/models', '/v1', false],
    ['/v1/Models', '/v1/models', false],
    ['/v1/*', '/v1/models', true],
    ['/v1/*', '/v1', false],
    ['/v1/*', '/v1/a/b', false],
    ['/**', '/', true],
    ['/**', '/a/b/c', true],
    ['/admin/**', '/admin', true],
    ['/admin/**', '/admin/a/b', true],
    ['/admin/**', '/administrator', false],
    ['/**/edit', '/a/b/edit', true],
    ['/**/edit', '/edit', true],
    ['/**/edit', '/a/edit/b', false],
    ['/a/**/b/*/c', '/a/b/b/x/c', true],
    ['/a/**/b/*/c', '/a/b/x/d', false],
  ])('%s against %s: %s', (pattern, path, expected) => {
    expect(matches(pattern, path)).toBe(expected);
  });

  it('takes the first row that matches', () => {
    const rows = compileRoutes([route('POST', '/a'), route('*', '/a'), route('*', '/**')]);
    expect(matchRoute(rows, 'POST', ['a'])).toBe(rows[0]);
    expect(matchRoute(rows, 'GET', ['a'])).toBe(rows[1]);
    expect(matchRoute(rows, 'GET', ['b'])).toBe(rows[2]);
  });

  it('[T2] says which segment has to be the key\u2019s project', () => {
    const rows = compileRoutes([route('*', '/{project}/*/v1/**'), route('*', '/v1/{project}'), route('*', '/**')]);
    const at = (...segments: string[]) => matchRoute(rows, 'GET', segments)?.projectAt;
    expect(at('prj_1', 'my-endpoint', 'v1', 'models')).toBe(0);
    expect(at('v1', 'prj_1')).toBe(1);
    expect(at('else')).toBe(-1);
  });

  it('needs for HEAD what it needs for GET', () => {
    const rows = compileRoutes([route('GET', '/secret'), route('*', '/**')]);
    expect(matchRoute(rows, 'HEAD', ['secret'])).toBe(rows[0]);
  });

  it('finds rows that are only evaded by spelling, and no others', () => {
    const rows = compileRoutes([
      { ...route('POST', '/v1/Chat'), scopes: ['chat'] },
      { ...route('GET', '/users/admin'), scopes: ['admin'] },
      { ...route('*', '/files/*'), scopes: ['admin'] },
      route('*', '/**'),
    ]);
    const evades = (method: string, ...segments: string[]) => {
      const matched = matchRoute(rows, method, segments);
      return matched !== undefined && evadesScopes(rows, method, segments, matched.route);
    };
    const spelled = ['V1', 'chat'];
    expect(evades('POST', ...spelled)).toBe(true);
    for (const last of ['CHAT', 'chat ', 'chat.', ' chat', 'chat. .', '\uff43hat']) {
      expect(evades('POST', 'v1', last)).toBe(true);
    }
    expect(evades('POST', 'v1', 'Chat')).toBe(false);
    expect(evades('GET', ...spelled)).toBe(false);
    expect(evades('GET', 'users', 'AbC')).toBe(false);
    expect(evades('HEAD', 'users', 'Admin')).toBe(true);
    expect(evades('GET', 'files', 'AbC')).toBe(false);
    expect(evades('GET', 'Files', 'AbC')).toBe(true);
  });

  it('refuses a pattern that no plain path can match', () => {
    expect(() => compileRoutes([route('GET', '/a/../b')])).toThrow('/a/../b');
  });

  it('matches hostile paths against hostile patterns without blowing up', () => {
    const rows = compileRoutes([route('*', `${'/**/a'.repeat(20)}/b`)]);
    const started = performance.now();
    expect(matchRoute(rows, 'GET', Array(8_000).fill('a'))).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(200);
  });
});
