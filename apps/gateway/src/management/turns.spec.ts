import { describe, expect, it } from '@jest/globals';
import { oneInEachTurn, pacedBy } from './turns.server.js';

/** An event loop whose turns the test ends. */
function eventLoop() {
  let callbacks: (() => void)[] = [];
  const afterThisTurn = (callback: () => void) => void callbacks.push(callback);
  const endTurn = () => {
    const due = callbacks;
    callbacks = [];
    for (const callback of due) callback();
  };
  return { afterThisTurn, endTurn, isIdle: () => callbacks.length === 0 };
}

describe('turns of management work', () => {
  it('go one by one through the event loop, in the order in which they were asked for', () => {
    const loop = eventLoop();
    const turns = oneInEachTurn(loop.afterThisTurn);
    const done: number[] = [];
    for (let work = 0; work < 5; work++) turns.take(() => done.push(work));
    for (let ended = 1; ended <= 5; ended++) {
      expect(done).toEqual([0, 1, 2, 3, 4].slice(0, ended));
      loop.endTurn();
    }
  });

  it('do not keep a lone one waiting, and leave the event loop idle behind it', () => {
    const loop = eventLoop();
    const turns = oneInEachTurn(loop.afterThisTurn);
    for (let times = 0; times < 3; times++) {
      let ran = false;
      turns.take(() => {
        ran = true;
      });
      expect(ran).toBe(true);
      loop.endTurn();
      expect(loop.isIdle()).toBe(true);
    }
  });

  it('go on after work that throws', () => {
    const loop = eventLoop();
    const turns = oneInEachTurn(loop.afterThisTurn);
    const done: string[] = [];
    expect(() =>
      turns.take(() => {
        throw new Error('a broken handler');
      }),
    ).toThrow('a broken handler');
    turns.take(() => done.push('the next'));
    expect(done).toEqual([]);
    loop.endTurn();
    expect(done).toEqual(['the next']);
  });

  it('let sockets be seen to between two, with the real event loop', async () => {
    const turns = oneInEachTurn();
    const seen: string[] = [];
    setImmediate(() => seen.push('the rest of the process'));
    const all = ['one', 'two', 'three'].map((work) => turns.next().then(() => seen.push(work)));
    await Promise.all(all);
    expect(seen).toEqual(['one', 'the rest of the process', 'two', 'three']);
  });

  it.each([
    [true, ['a turn of the event loop', 'work']],
    [false, ['work', 'a turn of the event loop']],
  ])('leave time for published APIs while these are asked (%s)', async (isBusy, expected) => {
    const seen: string[] = [];
    const work = new Promise<void>((resolve) => {
      pacedBy(() => isBusy)(() => {
        seen.push('work');
        resolve();
      });
    });
    const turn = new Promise<void>((resolve) => {
      setImmediate(() => {
        seen.push('a turn of the event loop');
        resolve();
      });
    });
    await Promise.all([work, turn]);
    expect(seen).toEqual(expected);
  });
});
