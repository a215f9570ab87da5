import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Debian's package for each program that the benchmark needs. */
const PROGRAMS = { wrk: 'wrk', nginx: 'nginx-light', 'nats-server': 'nats-server', 'redis-server': 'redis-server' };

/** Makes the machine ready: programs on PATH, the peers' packages, the project built. Says what it does. */
export function prepare({ say, peers, build }) {
  installPrograms(say);
  if (peers && isStale()) {
    say('installing the peers (bench/node_modules)');
    execFileSync('npm', ['ci', '--prefix', fileURLToPath(new URL('.', import.meta.url))], { stdio: 'ignore' });
  }
  if (build) {
    say('building what is stale');
    const { status, stdout, stderr } = spawnSync('npm', ['run', 'build'], { cwd: ROOT, encoding: 'utf8' });
    if (status !== 0) throw new Error(`npm run build failed:\n${`${stdout}${stderr}`.slice(-4_000)}`);
  }
}

function installPrograms(say) {
  const isMissing = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0;
  const missing = Object.keys(PROGRAMS).filter(isMissing);
  if (missing.length === 0) return;
  const packages = missing.map((name) => PROGRAMS[name]);
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    say(`installing ${packages.join(', ')} with apt-get`);
    const environment = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-qq'], environment);
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], environment);
  }
  const still = missing.filter(isMissing);
  if (still.length > 0) {
    throw new Error(
      `the benchmark needs ${still.join(', ')} on PATH (on Debian: apt-get install ${packages.join(' ')})`,
    );
  }
}

/** Whether what is installed differs from what package-lock.json says. */
function isStale() {
  const installed = new URL('./node_modules/.package-lock.json', import.meta.url);
  if (!existsSync(installed)) return true;
  const versions = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;
  const wanted = versions(new URL('./package-lock.json', import.meta.url));
  const present = versions(installed);
  return Object.entries(wanted).some(
    ([path, { version, optional }]) => path !== '' && !optional && present[path]?.version !== version,
  );
}
