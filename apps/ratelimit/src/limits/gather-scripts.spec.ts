import type { TakeQuery } from '@gatehouse/contracts/limit-records';
import type { LimitOutcome } from '@gatehouse/limit-domain/limit';
import { describe, expect, it } from '@jest/globals';
import { gatherScripts } from './gather-scripts.js';
import type { LimitStore } from './limit-store.js';

interface Script {
  readonly costs: readonly number[];
  readonly answer: () => Promise<void>;
  readonly fail: () => Promise<void>;
}

/** A store whose scripts are under way until the test answers them; each query's outcome tells which one it was. */
function aServer() {
  const scripts: Script[] = [];
  const settled = async () => void (await new Promise(setImmediate));
  const takeAll = (queries: readonly TakeQuery[]) =>
    new Promise<readonly LimitOutcome[]>((resolve, reject) => {
      scripts.push({
        costs: queries.map(({ cost }) => cost),
        answer: () => {
          resolve(queries.map(({ cost }) => ({ kind: 'refused', windows: [], retryAfterSeconds: cost })));
          return settled();
        },
        fail: () => {
          reject(new Error('the server is away'));
          return settled();
        },
      });
    });
  const turns: (() => void)[] = [];
  const store = gatherScripts({ takeAll } as unknown as LimitStore, (flush) => void turns.push(flush));
  const ask = (...costs: readonly number[]) => store.takeAll(costs.map((cost) => ({ cost, subjects: [] })));
  const endTurn = () => {
    for (const flush of turns.splice(0)) flush();
  };
  return { scripts, ask, endTurn };
}

const toldCosts = async (answer: Promise<readonly LimitOutcome[]>) =>
  (await answer).map((outcome) => (outcome.kind === 'refused' ? outcome.retryAfterSeconds : undefined));

describe('scripts that are gathered', () => {
  it('carry all messages of a turn, and give each message its own outcomes in order', async () => {
    const { scripts, ask, endTurn } = aServer();
    const answers = [toldCosts(ask(1, 2)), toldCosts(ask(3)), toldCosts(ask(4, 5, 6))];
    expect(scripts).toHaveLength(0);
    endTurn();
    expect(scripts.map(({ costs }) => costs)).toEqual([[1, 2, 3, 4, 5, 6]]);
    await scripts[0]?.answer();
    expect(await Promise.all(answers)).toEqual([[1, 2], [3], [4, 5, 6]]);
  });

  it('carry what came while two others were under way as soon as one of these has returned', async () => {
    const { scripts, ask, endTurn } = aServer();
    const answers = [1, 2, 3, 4].map((cost) => {
      const answer = toldCosts(ask(cost));
      endTurn();
      return answer;
    });
    expect(scripts.map(({ costs }) => costs)).toEqual([[1], [2]]);
    await scripts[1]?.answer();
    expect(scripts.map(({ costs }) => costs)).toEqual([[1], [2], [3, 4]]);
    await scripts[0]?.answer();
    await scripts[2]?.answer();
    expect(await Promise.all(answers)).toEqual([[1], [2], [3], [4]]);
  });

  it('fail for the messages that were in them, and for no other', async () => {
    const { scripts, ask, endTurn } = aServer();
    const failing = ask(1, 2);
    endTurn();
    const other = toldCosts(ask(3));
    endTurn();
    const told = expect(failing).rejects.toThrow('the server is away');
    await scripts[0]?.fail();
    await scripts[1]?.answer();
    await told;
    expect(await other).toEqual([3]);
  });
});
