import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { root } from './prepare.mjs';
import { withTestFolder } from './test-folder.mjs';

/** Jest in native ESM mode, with its own arguments. `--unit` keeps to the tests that start no server. */
const args = process.argv.slice(2).flatMap((arg) => (arg === '--unit' ? ['--runTestsByPath', ...unitTests()] : [arg]));
const { status } = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...withTestFolder(process.env),
    NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
  },
});
process.exit(status ?? 1);

function unitTests() {
  const files = execFileSync('git', ['ls-files', 'apps/*.spec.ts', 'libs/*.spec.ts', 'examples/*.spec.ts'], {
    cwd: root,
  });
  const needsServers = /@gatehouse\/(testing|launch)\/(?!clock)|\.conformance\.js'|\.listen\(|spawn\(/;
  return String(files)
    .trim()
    .split('\n')
    .filter((file) => !needsServers.test(readFileSync(root + file, 'utf8')));
}
