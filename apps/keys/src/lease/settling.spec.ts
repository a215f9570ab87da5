import { describe, expect, it } from '@jest/globals';
import { changeAtOneMoment, HolderUnaware, type Settling } from './settling.js';

function open() {
  const done: string[] = [];
  const settling: Settling = {
    announceBriefly: async (ids) => {
      done.push(`announced ${ids.join()}`);
      return { changeId: 'c1', ids, holderIds: ['a'], isEntered: false };
    },
    enter: async (announcement) => {
      done.push(`entered ${announcement.ids.join()}`);
      return { ...announcement, isEntered: true };
    },
    settle: () => Promise.reject(new Error('nothing settles here')),
  };
  return { settling, done };
}

describe('a change that all are to see at one moment', () => {
  it('is made where everybody knows that it comes', async () => {
    const { settling, done } = open();
    const made = await changeAtOneMoment(settling, async (announce) => `known to ${await announce(['key_1'])}`);
    expect(made).toEqual({
      outcome: 'known to a',
      announcement: { changeId: 'c1', ids: ['key_1'], holderIds: ['a'], isEntered: false },
    });
    expect(done).toEqual(['announced key_1']);
  });

  it('is rolled back where somebody does not know, and made again once that one has been waited for', async () => {
    const { settling, done } = open();
    const { announcement } = await changeAtOneMoment(settling, async (announce) => {
      const aware = await announce(['key_1']);
      done.push(`known to ${aware}`);
      if (aware !== undefined) throw new HolderUnaware('one is not among them');
    });
    expect(announcement?.isEntered).toBe(true);
    expect(done).toEqual(['announced key_1', 'known to a', 'entered key_1', 'known to undefined']);
  });

  it('announces anew what it did not announce before it was rolled back', async () => {
    const { settling, done } = open();
    const { announcement } = await changeAtOneMoment(settling, async (announce) => {
      const isFirst = done.length === 0;
      await announce([isFirst ? 'key_1' : 'key_2']);
      if (isFirst) throw new HolderUnaware('one is not among them');
    });
    expect(announcement).toMatchObject({ ids: ['key_1', 'key_2'], isEntered: false });
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
