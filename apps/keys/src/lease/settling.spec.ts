import { describe, expect, it } from '@jest/globals';
import type { Announcement } from './announce-change.js';
import { changeAtOneMoment, type Settling } from './settling.js';

/** @param knownTo what brief announcements come to, one after the other. */
function open(...knownTo: Announcement['knownTo'][]) {
  const done: string[] = [];
  const settling: Settling = {
    announceBriefly: async (ids) => {
      done.push(`announced ${ids.join()}`);
      return { changeId: 'c1', ids, knownTo: knownTo.shift() ?? 'everybody', holderIds: ['a'] };
    },
    enter: async (announcement) => {
      done.push(`entered ${announcement.ids.join()}`);
      return { ...announcement, knownTo: 'entered' };
    },
    settle: () => Promise.reject(new Error('nothing settles here')),
  };
  return { settling, done };
}

describe('a change that all are to see at one moment', () => {
  it('is made where everybody knows that it comes', async () => {
    const { settling, done } = open('everybody');
    const made = await changeAtOneMoment(settling, async (announce) => {
      return `made, known to ${await announce(['key_1'])}`;
    });
    expect(made).toEqual({
      outcome: 'made, known to a',
      announcement: { changeId: 'c1', ids: ['key_1'], knownTo: 'everybody', holderIds: ['a'] },
    });
    expect(done).toEqual(['announced key_1']);
  });

  it('is rolled back and made again, once those who say nothing have been waited for', async () => {
    const { settling, done } = open('not_everybody');
    const { announcement } = await changeAtOneMoment(settling, async (announce) => {
      done.push('begun');
      done.push(`known to ${await announce(['key_1'])}`);
    });
    expect(announcement?.knownTo).toBe('entered');
    expect(done).toEqual(['begun', 'announced key_1', 'entered key_1', 'begun', 'known to undefined']);
  });

  it('announces anew what it did not announce before it was rolled back', async () => {
    const { settling, done } = open('not_everybody', 'everybody');
    let ids = ['key_1'];
    const { announcement } = await changeAtOneMoment(settling, async (announce) => {
      const changing = ids;
      ids = ['key_2'];
      await announce(changing);
    });
    expect(announcement).toMatchObject({ ids: ['key_1', 'key_2'], knownTo: 'everybody' });
    expect(done).toEqual(['announced key_1', 'entered key_1', 'announced key_1,key_2']);
  });

  it('is announced to nobody where there is nothing to change, and fails as its transaction does', async () => {
    const { settling, done } = open();
    expect(await changeAtOneMoment(settling, async () => 'refused')).toEqual({ outcome: 'refused' });
    await expect(changeAtOneMoment(settling, () => Promise.reject(new Error('no database')))).rejects.toThrow(
      'no database',
    );
    expect(done).toEqual([]);
  });
});
