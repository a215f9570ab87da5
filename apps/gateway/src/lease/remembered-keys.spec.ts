import { aKey } from '@gatehouse/key-domain/a-key.conformance';
import { AnnouncedChanges } from '@gatehouse/lease/announced-changes';
import { describe, expect, it } from '@jest/globals';
import { RememberedKeys } from './remembered-keys.js';

const KEY = aKey({ keyId: 'key_1', organizationId: 'org_1' });
const SIBLING = aKey({ keyId: 'key_2', organizationId: 'org_1' });
const OTHER = aKey({ keyId: 'key_3', organizationId: 'org_2' });

function remembering(entriesMax = 10) {
  const remembered = new RememberedKeys(entriesMax, new AnnouncedChanges(() => 0));
  // Two secrets of one key, as while it is rotated.
  remembered.remember('a', KEY);
  remembered.remember('b', KEY);
  remembered.remember('c', SIBLING);
  remembered.remember('d', OTHER);
  return remembered;
}
const held = (remembered: RememberedKeys) => ['a', 'b', 'c', 'd'].filter((digest) => remembered.find(digest));

describe('the keys that a gateway remembers', () => {
  it('are forgotten by key with all of its secrets, by organization with all of its keys', () => {
    const byKey = remembering();
    byKey.evict('key_1');
    expect(held(byKey)).toEqual(['c', 'd']);
    const byOrganization = remembering();
    byOrganization.evict('org_1');
    expect(held(byOrganization)).toEqual(['d']);
    byOrganization.clear();
    expect([held(byOrganization), byOrganization.size]).toEqual([[], 0]);
  });

  it('can be forgotten by id after they were replaced, and after others were pushed out', () => {
    const remembered = remembering(3);
    expect(held(remembered)).toEqual(['b', 'c', 'd']);
    remembered.remember('b', aKey({ ...KEY, revision: 2 }));
    remembered.evict('key_1');
    expect(held(remembered)).toEqual(['c', 'd']);
    remembered.remember('b', OTHER);
    remembered.evict('org_2');
    expect(held(remembered)).toEqual(['c']);
  });

  it('count every change that is heard of, also of keys that are not remembered', () => {
    const remembered = new RememberedKeys(1, new AnnouncedChanges(() => 0));
    remembered.evict('key_9');
    remembered.clear();
    expect(remembered.forgettings).toBe(2);
  });

  it('are not those of which a change is announced, until it is made', () => {
    const remembered = remembering();
    remembered.hear({ kind: 'announced', changeId: 'c1', ids: ['key_1'] });
    remembered.remember('a', KEY);
    remembered.remember('c', SIBLING);
    expect(held(remembered)).toEqual(['c', 'd']);
    remembered.hear({ kind: 'announced', changeId: 'c2', ids: ['org_1'] });
    remembered.hear({ kind: 'made', changeId: 'c1', ids: ['key_1'] });
    remembered.remember('a', KEY);
    expect(held(remembered)).toEqual(['d']);
    remembered.hear({ kind: 'made', changeId: 'c2', ids: ['org_1'] });
    remembered.remember('a', KEY);
    expect(held(remembered)).toEqual(['a', 'd']);
  });
});
