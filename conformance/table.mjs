import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from '../tools/prepare.mjs';
import { ensureServers } from '../tools/servers.mjs';
import { judgeStatements, readStatements } from './statements.mjs';

/**
 * `npm run conformance`: runs the suites against a running platform and prints one line for each statement; with
 * `-- --json` one object, id -> holds | pending | fails. Exit code 1 where a statement fails.
 */
const MARKS = { holds: '✓', pending: '·', fails: '✗' };

const asJson = process.argv.slice(2).includes('--json');
prepare();
const environment = ensureServers();
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-conformance-'));
const report = join(folder, 'report.json');
process.stderr.write('Running the conformance suites …\n');
spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', 'conformance/', '--json', `--outputFile=${report}`], {
  cwd: root,
  stdio: ['ignore', 'ignore', asJson ? 'ignore' : 'inherit'],
  env: { ...environment, NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning' },
});
const tests = existsSync(report) ? readTests(JSON.parse(readFileSync(report, 'utf8'))) : [];
rmSync(folder, { recursive: true, force: true });

const statements = readStatements();
const results = judgeStatements(statements, tests);
const count = (status) => Object.values(results).filter((result) => result === status).length;
if (asJson) {
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
} else {
  for (const { id, says, pendingFor } of statements) {
    const reason = results[id] === 'pending' ? `   waits for: ${pendingFor}` : '';
    process.stdout.write(`${MARKS[results[id]]} ${id.padEnd(4)}${results[id].padEnd(9)}${says}${reason}\n`);
  }
  process.stdout.write(`${count('holds')} holds, ${count('pending')} pending, ${count('fails')} fails\n`);
}
process.exit(count('fails') === 0 ? 0 : 1);

/** A file that could not be loaded has no results: every statement that it names fails. */
function readTests({ testResults }) {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    if (status === 'failed' && assertionResults.length === 0) {
      return [{ title: readFileSync(name, 'utf8'), passed: false }];
    }
    return assertionResults.map((result) => ({ title: result.title, passed: result.status === 'passed' }));
  });
}
