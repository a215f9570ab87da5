import { readFileSync, writeFileSync } from 'node:fs';

/**
 * `npm run lock`: a lock file that npm writes may leave out optional packages of other platforms
 * (https://github.com/npm/cli/issues/4828), and `npm ci` then refuses it everywhere. This adds the missing entries:
 * name, version and platform, as npm itself would write them.
 */
const OS = {
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  openharmony: 'openharmony',
  win32: 'win32',
  windows: 'win32',
};
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

for (const file of process.argv.slice(2)) {
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(optionalDependencies)) {
      if (lock.packages[`${path}/node_modules/${name}`] || lock.packages[`node_modules/${name}`]) continue;
      lock.packages[`node_modules/${name}`] = missingEntry(name, range, dev);
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

function missingEntry(name, range, dev) {
  const words = name.split(/[-/]/);
  const os = words.map((word) => OS[word]).find((found) => found !== undefined);
  const cpu = CPU.find((candidate) => words.includes(candidate));
  if (!/^\d/.test(range) || (os === undefined && cpu === undefined))
    throw new Error(`${name}@${range}: of which platform?`);
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined;
  return {
    version: range,
    ...(cpu && { cpu: [cpu] }),
    ...(dev && { dev }),
    optional: true,
    ...(os && { os: [os] }),
    ...(libc && { libc: [libc] }),
  };
}
