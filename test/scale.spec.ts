import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RENEW_EVERY_MS, REVOKER_WAIT_MS } from '@gatehouse/lease/lease';
import { describe, expect, it } from '@jest/globals';

interface Random {
  next(): number;
}
interface Band {
  readonly count: number;
  readonly share: number;
}
interface Simulations {
  readonly randomOf: (text: string) => Random;
  readonly simulateGateway: (settings: object) => {
    readonly itemsPerMessage: number;
    readonly messagesPerRequest: number;
    readonly utilization: number;
    readonly askingMs: { readonly median: number; readonly p99: number };
  };
  readonly simulateChanges: (settings: object) => { readonly median: number; readonly p99: number };
  readonly slowestOf: (settings: object) => number;
  readonly exponential: (random: Random, mean: number) => number;
  readonly zipfBands: (ranks: number, exponent: number) => Band[];
  readonly hitRatio: (bands: Band[], entries: number) => number;
  readonly moreThan: (mean: number, most: number) => number;
  readonly simulatePartitions: (settings: object) => {
    readonly hottestShare: number;
    readonly busiest: { readonly median: number };
  };
  readonly simulateRemembering: (settings: object) => number;
  readonly zipfDraw: (ranks: number, exponent: number, random: Random) => () => number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (file: string) => readFileSync(join(root, file), 'utf8');

async function simulations(): Promise<Simulations> {
  const names = ['batches', 'changes', 'delays', 'partitions', 'remembering', 'zipf'];
  const found = {};
  for (const file of ['tools/faults/random.mjs', ...names.map((name) => `tools/scale/${name}.mjs`)]) {
    Object.assign(found, await import(join(root, file)));
  }
  return found as Simulations;
}
const of = await simulations();
const costs: Readonly<Record<string, unknown>> = await import(join(root, 'tools/scale/costs.mjs'));

const ALONE = {
  requests: 2_000,
  costs: { turnUs: 0, messageUs: 36, requestUs: 38 },
  roundTripMs: { median: 0.5, p99: 0.5 },
  upstreamMs: { median: 5, p99: 5 },
  regular: true,
};

describe('the simulation of a gateway', () => {
  it('sends four messages for a request that is alone, and adds what two exchanges take', () => {
    const gateway = of.simulateGateway({ ...ALONE, requestsPerSecond: 100, random: of.randomOf('alone') });
    expect(gateway.itemsPerMessage).toBe(1);
    expect(gateway.messagesPerRequest).toBe(4);
    // A hundred times 38 µs and two messages in a second.
    expect(gateway.utilization).toBeCloseTo(100 * (38 + 2 * 36) * 1e-6, 4);
    // Two exchanges, two messages, three of the four parts of the work.
    expect(gateway.askingMs.median).toBeCloseTo(2 * 0.5 + (2 * 36 + (3 * 38) / 4) / 1_000, 6);
  });

  it('gathers in a batch what comes while all batches are in flight', () => {
    const free = { turnUs: 0, messageUs: 0, requestUs: 0 };
    const roundTripMs = { median: 1, p99: 1 };
    const settings = { ...ALONE, costs: free, roundTripMs, requests: 16_000, requestsPerSecond: 64_000 };
    // 64 requests come in a round trip; eight batches share them.
    const { itemsPerMessage } = of.simulateGateway({ ...settings, random: of.randomOf('eight') });
    expect(itemsPerMessage).toBeGreaterThan(7.5);
    expect(itemsPerMessage).toBeLessThan(8.5);
  });

  it('says the same for the same seed, and not for another one', () => {
    const settings = { ...ALONE, regular: false, requestsPerSecond: 5_000, roundTripMs: { median: 0.5, p99: 5 } };
    const run = (seed: string) => of.simulateGateway({ ...settings, random: of.randomOf(seed) });
    expect(run('monday')).toEqual(run('monday'));
    expect(run('monday')).not.toEqual(run('tuesday'));
  });
});

describe('the simulation of a change', () => {
  const FIXED = {
    replicas: 3,
    gateways: 10,
    changes: 5,
    acknowledgementMs: { median: 1, p99: 1 },
    commitMs: { median: 4, p99: 4 },
    tellUs: 100,
  };

  it('without jitter, takes two tellings and the commit', () => {
    // The last of twelve is told after 1.1 ms; then the last of two replicas after 0.1, and of ten gateways after 0.9.
    const { median, p99 } = of.simulateChanges({ ...FIXED, random: of.randomOf('fixed') });
    expect(median).toBeCloseTo(1.1 + 1 + 4 + (0.1 + 1) + (0.9 + 1), 9);
    expect(p99).toBeCloseTo(median, 9);
  });

  it('waits out the announcement and the lease of who is dead, however many there are', () => {
    const took = (dead: number) => of.simulateChanges({ ...FIXED, dead, random: of.randomOf('dead') });
    const settled = 0.1 + 1 + (0.9 + 1);
    expect(took(1).median).toBeCloseTo(300 + (4 + 2_100) + 4 + settled, 9);
    expect(took(7)).toEqual(took(1));
  });

  it('waits for the slowest: of n memoryless delays the mean is the n-th harmonic number', () => {
    const random = of.randomOf('slowest');
    const draw = (one: Random, mean: number) => of.exponential(one, mean);
    const settings = { holders: 100, acknowledgementMs: 1, tellUs: 0, draw, random };
    const runs = Array.from({ length: 4_000 }, () => of.slowestOf(settings));
    const harmonic = Array.from({ length: 100 }, (_, index) => 1 / (index + 1)).reduce((sum, one) => sum + one, 0);
    expect(runs.reduce((sum, one) => sum + one, 0) / runs.length).toBeCloseTo(harmonic, 1);
  });
});

describe('keys by Zipf', () => {
  it('have shares that add up to all requests, and as many ranks as there are keys', () => {
    for (const exponent of [0, 0.8, 1, 1.2]) {
      const bands = of.zipfBands(1_000_000, exponent);
      expect(bands.reduce((sum, { count }) => sum + count, 0)).toBe(1_000_000);
      expect(bands.reduce((sum, { count, share }) => sum + count * share, 0)).toBeCloseTo(1, 9);
    }
    // The first of a million has one in the millionth harmonic number.
    expect(of.zipfBands(1_000_000, 1)[0]?.share).toBeCloseTo(1 / 14.3927, 5);
  });

  it('that come equally often are found as often as the memory is a part of them', () => {
    const bands = of.zipfBands(100_000, 0);
    expect(of.hitRatio(bands, 25_000)).toBeCloseTo(0.25, 4);
    expect(of.hitRatio(bands, 100_000)).toBe(1);
  });

  it('are found in a memory as often when requests are drawn one by one as by the formula', () => {
    const draw = of.zipfDraw(20_000, 1, of.randomOf('draw'));
    // With so many places, nearly each key that comes twice is remembered.
    const share = of.simulateRemembering({ entries: 1_000, lately: 2 ** 24, requests: 100_000, draw });
    expect(Math.abs(share - of.hitRatio(of.zipfBands(20_000, 1), 1_000))).toBeLessThan(0.02);
  });

  it('come more than so many times as Poisson says', () => {
    expect(of.moreThan(2, 0)).toBeCloseTo(1 - Math.exp(-2), 12);
    expect(of.moreThan(2, 1)).toBeCloseTo(1 - 3 * Math.exp(-2), 12);
  });
});

describe('partitions of limits', () => {
  const lay = (partitions: number, exponent: number) =>
    of.simulatePartitions({ organizations: 10_000, exponent, partitions, random: of.randomOf('lay') });

  it('are even where there is one, or where many organizations are alike', () => {
    expect(lay(1, 1).busiest.median).toBeCloseTo(1, 9);
    // 2,500 organizations each: the busiest of four has some standard deviations of 50 more.
    expect(lay(4, 0).busiest.median).toBeGreaterThan(1);
    expect(lay(4, 0).busiest.median).toBeLessThan(1.1);
  });

  it('are never smaller than the hottest organization', () => {
    const { hottestShare, busiest } = lay(256, 1);
    expect(busiest.median).toBeGreaterThanOrEqual(hottestShare * 256);
  });
});

describe('docs/scale.md', () => {
  it('shows what npm run scale prints', () => {
    // A process of its own: inside of Jest the same takes ten times as long.
    const printed = execFileSync(process.execPath, ['tools/scale/run.mjs'], { cwd: root, encoding: 'utf8' });
    const tables = printed.match(/(?:^\|.*\n)+/gm) ?? [];
    expect(tables).toHaveLength(6);
    const document = text('docs/scale.md');
    for (const table of tables) expect(document).toContain(table);
  });

  it('is worked out with the numbers of the code', () => {
    expect(costs).toMatchObject({ RENEW_EVERY_MS, REVOKER_WAIT_MS });
    const said = [
      ['apps/keys/src/lease/announce-change.ts', 'ANNOUNCE_MS', 'ANNOUNCE_MS'],
      ['apps/gateway/src/edge/keys.client.ts', 'KNOWN_KEYS_MAX', 'REMEMBERED_KEYS'],
      ['apps/gateway/src/lease/gateway-lease.server.ts', 'REMEMBERED_KEYS_MAX', 'REMEMBERED_KEYS'],
      ['apps/gateway/src/lease/leased-keys.ts', 'LATELY', 'LATELY'],
      ['apps/gateway/src/usage/usage-fold.ts', 'SELDOM_USES_MAX', 'SELDOM_USES_MAX'],
    ] as const;
    for (const [file, name, ours] of said) {
      const [, value = ''] = new RegExp(`const ${name} = ([\\d_]+);`).exec(text(file)) ?? [];
      expect([file, Number(value.replaceAll('_', ''))]).toEqual([file, costs[ours]]);
    }
    const client = text('apps/gateway/src/edge/keys.client.ts');
    expect(client).toContain(`maxBatchesInFlight: ${costs['BATCHES_IN_FLIGHT']},`);
    expect(client).toContain(`maxItemsPerBatch: ${costs['BATCH_ITEMS']},`);
  });
});
