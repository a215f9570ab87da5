import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What each layer may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  contract: ['domain', 'contract'],
  platform: ['domain', 'contract', 'platform'],
  app: ['domain', 'contract', 'platform'],
};

interface Project {
  readonly name: string;
  readonly folder: string;
  readonly layer: string;
  readonly dependencies: readonly string[];
}

const projects = ['apps', 'libs', 'examples'].flatMap((group) =>
  readdirSync(`${root}${group}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => readProject(`${group}/${entry.name}`)),
);
const byName = new Map(projects.map((project) => [project.name, project]));

function readProject(folder: string): Project {
  const manifest = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8'));
  return {
    name: manifest.name,
    folder,
    layer: manifest.nx.tags.find((tag: string) => tag.startsWith('layer:')).slice('layer:'.length),
    dependencies: Object.keys(manifest.dependencies ?? {}),
  };
}

function importsOf(project: Project): Set<string> {
  const files = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', `${project.folder}/src`],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const found = new Set<string>();
  for (const file of files.split('\n').filter((name) => /(?<!\.(spec|conformance))\.ts$/.test(name))) {
    for (const [, name] of readFileSync(`${root}${file}`, 'utf8').matchAll(/from '(@gatehouse\/[a-z-]+)\//g)) {
      if (name !== undefined) found.add(name);
    }
  }
  return found;
}

describe('the boundaries between packages', () => {
  it.each(projects)('$folder imports only what its layer may', (project) => {
    const allowed = MAY_IMPORT[project.layer] ?? [];
    // `standalone` is all services in one process: the one app that may hold others.
    const apps = project.folder === 'apps/standalone' ? ['app'] : [];
    const forbidden = [...importsOf(project)].filter(
      (name) => ![...allowed, ...apps].includes(byName.get(name)?.layer ?? '?'),
    );
    expect(forbidden).toEqual([]);
  });

  it.each(projects)('$folder declares what it imports, and nothing else', (project) => {
    expect([...importsOf(project)].sort()).toEqual([...project.dependencies].filter((name) => byName.has(name)).sort());
  });

  it.each(projects)('$folder is built after what it imports', (project) => {
    const { references } = JSON.parse(readFileSync(`${root}${project.folder}/tsconfig.json`, 'utf8'));
    const built = references.map((reference: { path: string }) => normalize(join(project.folder, reference.path)));
    const needed = [...importsOf(project)].map((name) => byName.get(name)?.folder);
    expect(built.sort()).toEqual(needed.sort());
  });
});
