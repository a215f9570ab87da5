import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks } from './checks.mjs';
import { prepare, root } from './prepare.mjs';
import { ensureServers } from './servers.mjs';
import { withTestFolder } from './test-folder.mjs';

/**
 * `npm test`: everything that has to hold, on a machine with Node and npm only. A check that is no test run counts as
 * one test. The last line is `N passed, N failed`.
 */
prepare();
const environment = {
  ...withTestFolder(ensureServers()),
  NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
};
let { passed, failed } = await runChecks();
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
const report = join(folder, 'report.json');
// What a failed test leaves open must not keep the run from ending. Tests wait for servers more than they compute, so
// there are as many workers as processors.
const workers = Math.max(2, availableParallelism());
const jest = [
  'node_modules/jest/bin/jest.js',
  '--json',
  '--forceExit',
  `--maxWorkers=${workers}`,
  `--outputFile=${report}`,
];
const { status } = spawnSync(process.execPath, jest, {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: environment,
});
const result = JSON.parse(readFileSync(report, 'utf8'));
rmSync(folder, { recursive: true });
passed += result.numPassedTests;
// A file that could not even be run, and a test that was skipped, are failures too.
failed += result.numFailedTests + result.numRuntimeErrorTestSuites + result.numPendingTests + result.numTodoTests;
if (status !== 0 && failed === 0) failed++;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
