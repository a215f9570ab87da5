import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';
import { ensureServers } from './servers.mjs';

/**
 * `npm test`: everything that has to hold, on a machine with Node and npm only. A check that is no test run counts as
 * one test. The last line is `N passed, N failed`.
 */
prepare();
const environment = {
  ...ensureServers(),
  NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
};
const node = (program, ...args) => [process.execPath, [`node_modules/${program}`, ...args]];
const CHECKS = [
  ['format and lint', ...node('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')],
  ['typed lint and pure files', ...node('eslint/bin/eslint.js', '--max-warnings=0', '.')],
  ['types, tests included', ...node('typescript/bin/tsc', '-p', 'tsconfig.check.json')],
  ['dead code and dependencies', ...node('knip/bin/knip.js', '--no-config-hints')],
];

let passed = 0;
let failed = 0;
for (const [title, command, args] of CHECKS) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  status === 0 ? passed++ : failed++;
  process.stdout.write(`${status === 0 ? 'ok' : 'FAILED'}: ${title}\n`);
}
for (const args of [[]]) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  const report = join(folder, 'report.json');
  const [command, jest] = node('jest/bin/jest.js', '--json', `--outputFile=${report}`, ...args);
  const { status } = spawnSync(command, jest, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: environment });
  const result = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(folder, { recursive: true });
  passed += result.numPassedTests;
  // A file that could not even be run, and a test that was skipped, are failures too.
  failed += result.numFailedTests + result.numRuntimeErrorTestSuites + result.numPendingTests + result.numTodoTests;
  if (status !== 0 && failed === 0) failed++;
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
