import { describe, expect, it } from '@jest/globals';
import { AnnouncedChanges } from './announced-changes.js';
import { readChange, writeChange } from './change-message.js';

describe('changes that are about to be made', () => {
  it('concern what they name until they are made, each for itself', () => {
    const announced = new AnnouncedChanges(() => 0);
    announced.add('c1', ['key_1', 'key_2']);
    announced.add('c2', ['key_1']);
    announced.end('c1', ['key_1', 'key_2']);
    expect(['key_1', 'key_2', 'key_3'].map((id) => announced.concern(id))).toEqual([true, false, false]);
    announced.end('c2', ['key_1']);
    announced.end('c2', ['key_1']);
    expect([announced.concern('key_1'), announced.any]).toEqual([false, false]);
  });

  it('are forgotten where nothing comes of them', () => {
    let nowMs = 0;
    const announced = new AnnouncedChanges(() => nowMs);
    announced.add('c1', ['key_1']);
    announced.add('c1', ['key_2']);
    nowMs = 60_000;
    expect(announced.concern('key_1')).toBe(false);
    expect(announced.any).toBe(false);
  });
});

describe('what holders are told of a change', () => {
  it('comes back as it was written', () => {
    const message = { kind: 'announced', changeId: 'c1', ids: ['key_1', 'org_1'] } as const;
    expect(readChange(writeChange(message))).toEqual(message);
    expect(readChange(writeChange({ ...message, kind: 'made' }))).toEqual({ ...message, kind: 'made' });
  });

  it('is a change that was made where it says nothing else', () => {
    expect(readChange(Buffer.from('key_1\nkey_2'))).toEqual({ kind: 'made', changeId: '', ids: ['key_1', 'key_2'] });
  });
});
