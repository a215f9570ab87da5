import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, run } from './prepare.mjs';

/**
 * Servers that tests start, and an authenticator that is not ours: the program, Debian's package, and the image for a
 * machine without either.
 */
const SERVERS = [
  { program: 'nats-server', debian: 'nats-server', image: 'nats:2.12', entry: 'nats-server' },
  { program: 'redis-server', debian: 'redis-server', image: 'valkey/valkey:8', entry: 'valkey-server' },
  // No image: a browser in a container is not the one of this machine. CHROMIUM_PATH names another one.
  { program: 'chromium', debian: 'chromium', path: 'CHROMIUM_PATH' },
  { program: 'oathtool', debian: 'oathtool', image: 'toolbelt/oathtool', entry: 'oathtool' },
];

/**
 * Sees to it that every server is found on PATH: as it is, else from Debian's packages, else as a container.
 * @returns the environment to run tests in.
 */
export function ensureServers() {
  const missing = SERVERS.filter(({ program, path }) => process.env[path ?? ''] === undefined && !isOnPath(program));
  if (missing.length === 0) return process.env;
  const names = missing.map(({ program }) => program).join(', ');
  if (isDebianRoot()) {
    run(`Not on this machine: ${names}. Installing Debian's packages`, 'apt-get', ['update', '-qq']);
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const packages = missing.map(({ debian }) => debian);
    // The package would start a server of its own; tests start theirs.
    run(null, 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', ...packages], {
      env: { ...environment, RUNLEVEL: '1' },
    });
    return process.env;
  }
  const haveImages = missing.every(({ image }) => image !== undefined);
  if (haveImages && spawnSync('docker', ['version'], { stdio: 'ignore' }).status === 0) {
    process.stderr.write(`Not on this machine: ${names}. Running them as containers\n`);
    return { ...process.env, PATH: `${containerPrograms(missing)}${delimiter}${process.env.PATH}` };
  }
  process.stderr.write(
    `gatehouse: the tests need ${names} on PATH.\n` +
      `On Debian or Ubuntu: sudo apt-get install ${missing.map(({ debian }) => debian).join(' ')}\n`,
  );
  process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function isDebianRoot() {
  if (process.getuid?.() !== 0 || !existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** Small programs of the servers' names that run their images on the host's network. */
function containerPrograms(servers) {
  const folder = join(root, 'node_modules', '.cache', 'container-programs');
  mkdirSync(folder, { recursive: true });
  for (const { program, image, entry } of servers) {
    const file = join(folder, program);
    writeFileSync(
      file,
      `#!/bin/sh\nexec docker run --rm --init --network host -v '${root}:${root}:ro' --env-file /dev/null $(env | sed -n 's/^\\(NATS_[A-Z_]*\\)=.*/-e \\1/p') --entrypoint ${entry} ${image} "$@"\n`,
    );
    chmodSync(file, 0o755);
  }
  return folder;
}
