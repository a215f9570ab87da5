import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Makes a checkout ready to run: installs what is missing, builds what is stale. Needs Node and npm only. */
const OLDEST_NODE = [20, 19];
export const root = fileURLToPath(new URL('..', import.meta.url));

export function prepare() {
  checkNode();
  if (!isInstalled()) run('Installing packages', 'npm', ['ci', '--loglevel=error']);
  run(null, process.execPath, ['node_modules/typescript/bin/tsc', '-b']);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  process.stderr.write(`gatehouse: Node.js ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.version}\n`);
  process.exit(1);
}

/** npm leaves a copy of the lock file behind when an install is complete. */
function isInstalled() {
  const installed = `${root}node_modules/.package-lock.json`;
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;
}

/** Runs a command in the project's root and ends this process where it fails. */
export function run(title, command, args, options = {}) {
  if (title !== null) process.stderr.write(`${title} …\n`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (status === 0) return;
  process.stderr.write(`gatehouse: ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}\n`);
  process.exit(1);
}
