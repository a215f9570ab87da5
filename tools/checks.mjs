import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { root } from './prepare.mjs';

/** Programs of node_modules that take one processor each. The longest comes first. */
const CHECKS = [
  ['typed lint and pure files', 'eslint/bin/eslint.js', '--max-warnings=0', '.'],
  ['types, tests included', 'typescript/bin/tsc', '-p', 'tsconfig.check.json'],
  ['format and lint', '@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  ['dead code and dependencies', 'knip/bin/knip.js', '--no-config-hints'],
];

/** Runs the checks that are no tests, as many at once as there are processors. @returns how many passed and failed */
export async function runChecks() {
  const waiting = [...CHECKS];
  const tally = { passed: 0, failed: 0 };
  const lane = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const [title, program, ...args] = check;
      const { status, output } = await run([`node_modules/${program}`, ...args]);
      status === 0 ? tally.passed++ : tally.failed++;
      process.stdout.write(`${output}${status === 0 ? 'ok' : 'FAILED'}: ${title}\n`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return tally;
}

/** The output is kept until the end, so that those of two checks do not mix. */
function run(args) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output }));
  });
}
