import { describe, expect, it } from '@jest/globals';
import { judgeLeak, type LeakedSecret } from './judge-leak.js';
import { type FoundLeak, planResponses } from './plan-responses.js';

const NOW_MS = 1_000_000;
const aSecret = (changes: Partial<LeakedSecret> = {}): LeakedSecret => ({
  keyId: 'key_1',
  organizationId: 'org_1',
  api: 'exante',
  state: 'active',
  expiresAtMs: null,
  generation: 1,
  endsAtMs: null,
  display: 'ex_live_...AbCd',
  ...changes,
});

describe('what a leak does to a key', () => {
  it.each([
    ['active', 'revoked', 'quarantined', 'none'],
    ['disabled', 'revoked', 'none', 'none'],
    ['quarantined', 'revoked', 'none', 'none'],
    ['revoked', 'none', 'none', 'none'],
  ] as const)('is for a key that is %s: revoke %s, quarantine %s, notify %s', (state, revoke, quarantine, notify) => {
    const secret = aSecret({ state });
    expect(judgeLeak(secret, 'revoke', NOW_MS)).toBe(revoke);
    expect(judgeLeak(secret, 'quarantine', NOW_MS)).toBe(quarantine);
    expect(judgeLeak(secret, 'notify', NOW_MS)).toBe(notify);
  });

  it('is nothing where the key has expired, from its very millisecond on', () => {
    for (const policy of ['revoke', 'quarantine', 'notify'] as const) {
      expect(judgeLeak(aSecret({ expiresAtMs: NOW_MS }), policy, NOW_MS)).toBe('none');
    }
    expect(judgeLeak(aSecret({ expiresAtMs: NOW_MS + 1 }), 'revoke', NOW_MS)).toBe('revoked');
  });

  it('is nothing for a retired secret, so that its key goes on with the one that was not found', () => {
    for (const policy of ['revoke', 'quarantine', 'notify'] as const) {
      expect(judgeLeak(aSecret({ endsAtMs: NOW_MS }), policy, NOW_MS)).toBe('none');
    }
  });

  it('is the end of the old secret alone, while both secrets of a rotated key are good', () => {
    const old = aSecret({ endsAtMs: NOW_MS + 1 });
    expect(judgeLeak(old, 'revoke', NOW_MS)).toBe('secret_ended');
    expect(judgeLeak(old, 'quarantine', NOW_MS)).toBe('secret_ended');
    expect(judgeLeak(old, 'notify', NOW_MS)).toBe('none');
  });
});

describe('the plan for a report', () => {
  const found = (url: string, changes: Partial<LeakedSecret> = {}, source = 'content'): FoundLeak => ({
    leak: { digest: '', source, url, type: 'exante-live' },
    secret: aSecret(changes),
  });
  const plan = (...leaks: FoundLeak[]) => planResponses(leaks, 'github', () => 'quarantine', NOW_MS);

  it('tells each organization of each place where its key was found, once', () => {
    const planned = plan(
      found('https://a'),
      found('https://b'),
      found('https://a'),
      found('https://a', { keyId: 'key_2', organizationId: 'org_2' }),
    );
    expect(planned.map(({ organizationId, keyId, detail }) => [organizationId, keyId, detail['url']])).toEqual([
      ['org_1', 'key_1', 'https://a'],
      ['org_1', 'key_1', 'https://b'],
      ['org_2', 'key_2', 'https://a'],
    ]);
    expect(planned[0]).toMatchObject({
      kind: 'key.leaked',
      response: 'quarantined',
      detail: {
        response: 'quarantined',
        reporter: 'github',
        source: 'content',
        type: 'exante-live',
        api: 'exante',
        display: 'ex_live_...AbCd',
      },
    });
  });

  it('tells places without an address apart by their kind, and two secrets of one key', () => {
    const planned = plan(
      found('', {}, 'commit'),
      found('', {}, 'npm'),
      found('', {}, 'npm'),
      found('', { generation: 2 }),
    );
    expect(new Set(planned.map(({ source }) => source)).size).toBe(3);
    expect(planned).toHaveLength(3);
  });

  it('tells of twenty places of one key at most, the same ones each time', () => {
    const leaks = Array.from({ length: 500 }, (_, index) => found(`https://fork/${index}`));
    expect(plan(...leaks)).toHaveLength(20);
    expect(plan(...leaks)).toEqual(plan(...leaks));
  });

  it('revokes a key whose API is no longer published', () => {
    const [planned] = planResponses([found('https://a')], 'github', () => undefined, NOW_MS);
    expect(planned?.response).toBe('revoked');
  });
});
