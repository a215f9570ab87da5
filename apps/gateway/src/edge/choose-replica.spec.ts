import { describe, expect, it } from '@jest/globals';
import { type Place, replicaChooser } from './choose-replica.js';

const GROUP: Place = { kind: 'group' };
const to = (replicaId: string): Place => ({ kind: 'replica', replicaId });

/** A chooser whose clock the test moves; exchanges wait for 400 ms. */
function stage() {
  let nowMs = 1_000_000;
  const chooser = replicaChooser({ monotonicMs: () => nowMs, deadlineMs: 400 });
  return {
    ...chooser,
    pass: (milliseconds: number) => {
      nowMs += milliseconds;
    },
  };
}

describe('replicaChooser', () => {
  it('leaves the choice to the queue group as long as nothing is lost', () => {
    const { first, heard, pass } = stage();
    for (const replicaId of ['a', 'b', 'a']) {
      expect(first()).toEqual(GROUP);
      heard(replicaId);
      pass(10_000);
    }
    expect(first()).toEqual(GROUP);
  });

  it('tries a lost exchange again at the one replica that was heard last, if that was just now', () => {
    const { again, heard, lost, pass } = stage();
    heard('hung');
    pass(250);
    heard('alive');
    pass(150);
    lost(GROUP);
    expect(again()).toEqual([to('alive')]);
  });

  it('tries it at the last two and at the group where nobody was heard just now: one of them may hang', () => {
    const { again, heard, lost, pass } = stage();
    expect(again()).toEqual([GROUP]);
    for (const replicaId of ['long ago', 'alive', 'hung']) {
      heard(replicaId);
      pass(1);
    }
    pass(400);
    lost(GROUP);
    expect(again()).toEqual([to('hung'), to('alive'), GROUP]);
  });

  it('asks those in turn that were heard of late after a loss in the group, and no others', () => {
    const { first, heard, lost, pass } = stage();
    heard('hung');
    pass(300);
    heard('a');
    heard('b');
    pass(100);
    lost(GROUP);
    const asked = Array.from({ length: 4 }, () => {
      const place = first();
      if (place.kind === 'replica') heard(place.replicaId);
      return place;
    });
    expect(asked).toEqual([to('a'), to('b'), to('a'), to('b')]);
  });

  it('asks the group until somebody is heard again, then that one', () => {
    const { first, heard, lost, pass } = stage();
    heard('hung');
    pass(400);
    lost(GROUP);
    expect(first()).toEqual(GROUP);
    pass(5);
    heard('alive');
    expect(first()).toEqual(to('alive'));
  });

  it('goes on asking whom it asks where another exchange is lost in the group, however long ago it was heard', () => {
    const { first, heard, lost, pass } = stage();
    heard('alive');
    lost(GROUP);
    pass(390);
    lost(GROUP);
    expect(first()).toEqual(to('alive'));
    pass(4_999);
    expect(first()).toEqual(to('alive'));
  });

  it('leaves out a replica that was lost, and goes back to the group when none is left', () => {
    const { first, again, heard, lost } = stage();
    heard('a');
    heard('b');
    lost(GROUP);
    lost(to('a'));
    expect([first(), first()]).toEqual([to('b'), to('b')]);
    lost(to('b'));
    expect(first()).toEqual(GROUP);
    expect(again()).toEqual([GROUP]);
  });

  it('goes back to the group five seconds after its last loss', () => {
    const { first, heard, lost, pass } = stage();
    heard('a');
    lost(GROUP);
    pass(4_999);
    heard('a');
    expect(first()).toEqual(to('a'));
    pass(1);
    expect(first()).toEqual(GROUP);
    heard('a');
    expect(first()).toEqual(GROUP);
  });

  it('remembers a bounded number of replicas, those that were heard last', () => {
    const { first, heard, lost, pass } = stage();
    for (let index = 0; index < 40; index++) {
      heard(`replica ${index}`);
      pass(1);
      heard('constant');
    }
    lost(GROUP);
    const asked = new Set(
      Array.from({ length: 80 }, () => {
        const place = first();
        return place.kind === 'replica' ? place.replicaId : 'group';
      }),
    );
    expect(asked.size).toBe(32);
    expect(asked).toContain('constant');
    expect(asked).toContain('replica 39');
    expect(asked).not.toContain('replica 8');
  });
});
