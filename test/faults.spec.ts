import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '@gatehouse/launch/child.client';
import { repositoryRoot } from '@gatehouse/testing/platform';
import { afterAll, describe, expect, it } from '@jest/globals';

/** What is judged in any run, however slow the machine; the others need people who sign up first. */
const ALWAYS_JUDGED = ['INV-01', 'INV-02', 'INV-03', 'INV-04', 'INV-10', 'INV-12', 'INV-13'];
const BUGS = [
  'revocation-message-ignored',
  'consume-without-guard',
  'cache-without-lease',
  'counter-read-then-write',
  'fail-open-authentication',
  'negative-cache-not-purged',
];

/** A slice of `npm run faults`: nine services, NATS, PostgreSQL and Redis, each of which may fail. */
describe('what clients asked and got while parts failed', () => {
  let child: Child | undefined;

  afterAll(async () => {
    await child?.stop();
  });

  async function faults(...args: string[]) {
    let stdout = '';
    child = await startChild(
      'faults',
      process.execPath,
      [join(repositoryRoot, 'tools/faults/run.mjs'), '--built', ...args],
      { cwd: repositoryRoot, env: { ...process.env, NODE_OPTIONS: '' } },
      (text) => {
        stdout += text;
      },
    );
    const code = await child.ended;
    return { code, stdout };
  }

  it('breaks none of [INV-01] to [INV-13]', async () => {
    const seed = `slice-${process.pid}`;
    const { code, stdout } = await faults('--seconds', '12', '--seed', seed);
    // The seed is in what is shown where this fails.
    expect(`${code}\n${stdout}`).toMatch(/^0\n/);
    expect(stdout).toContain(`seed ${seed}`);
    for (const id of ALWAYS_JUDGED) expect(stdout).toMatch(new RegExp(`^${id} .* [1-9][\\d,]* +0$`, 'm'));
  }, 240_000);

  it('and the checker sees it where there are bugs: none of the six stays hidden', async () => {
    const { code, stdout } = await faults('--bugs', 'all', '--seconds', '240', '--seed', 'bugs');
    expect(`${code}\n${stdout}`).toMatch(/^0\n/);
    for (const bug of BUGS) expect(stdout).toMatch(new RegExp(`^found +${bug}:`, 'm'));
  }, 420_000);

  it.each([{}, { GATEHOUSE_FAULT_TESTING: 'yes', NODE_ENV: 'production' }, { GATEHOUSE_FAULT_TESTING: 'yes' }])(
    'no process takes a bug in unless it is told that this is a fault run: %o',
    async (environment) => {
      const named = 'NODE_ENV' in environment || !('GATEHOUSE_FAULT_TESTING' in environment);
      const plant = new URL('../tools/faults/plant.mjs', import.meta.url).href;
      child = await startChild('node', process.execPath, [`--import=${plant}`, '--eval', 'console.log("started")'], {
        env: { ...(named ? { GATEHOUSE_SEEDED_BUGS: BUGS[0] } : {}), ...environment },
      });
      expect([await child.ended, child.lastOutput()]).toEqual([1, expect.stringMatching(/^gatehouse: /)]);
    },
  );

  it('no image has what plants bugs', () => {
    const letIn = readFileSync(join(repositoryRoot, '.dockerignore'), 'utf8').split('\n');
    expect(letIn).toContain('*');
    expect(letIn.filter((line) => line.startsWith('!tools'))).toEqual([]);
  });
});
