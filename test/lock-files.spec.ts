import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@gatehouse/testing/platform';
import { describe, expect, it } from '@jest/globals';

interface Entry {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe.each(['package-lock.json', 'bench/package-lock.json'])('%s', (file) => {
  const packages: Readonly<Record<string, Entry>> = JSON.parse(
    readFileSync(join(repositoryRoot, file), 'utf8'),
  ).packages;

  it('names every optional package of every platform, so that `npm ci` takes it (npm run lock adds them)', () => {
    const missing = Object.entries(packages).flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) => !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('names no download address: each installs from its own registry', () => {
    const addresses = Object.values(packages).filter(({ resolved, link }) => resolved !== undefined && !link);
    expect(addresses).toEqual([]);
  });
});
