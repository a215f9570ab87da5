import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root, sourceOf } from './manifests.js';

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const ignore = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('the image', () => {
  it('is built on a pinned Node and runs as a user who is not root', () => {
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24\.\d+-\w+-slim$/m);
    expect(
      dockerfile.match(/^FROM .*/gm)?.every((line) => /^FROM (\$\{NODE_IMAGE\}|source)( AS \w+)?$/.test(line)),
    ).toBe(true);
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK NONE$/m);
    expect(dockerfile).not.toMatch(/SECRET|PASSWORD|latest/);
  });

  it('starts a program that the build makes', () => {
    const command: string[] = JSON.parse(dockerfile.match(/^CMD (.*)$/m)?.[1] ?? '[]');
    expect(sourceOf(command.at(-1) ?? '')).toBeDefined();
    expect(manifest.scripts.build).toBeDefined();
  });

  it('lets into the build what it copies, and neither secrets nor what a build left behind', () => {
    const copied = [...dockerfile.matchAll(/^COPY --from=build (.*) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied.map((each) => each.replace('/app/', ''))) {
      expect(ignore).toContain(`!${path}`);
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    }
    expect(ignore[ignore.findIndex((line) => line !== '' && !line.startsWith('#'))]).toBe('*');
    expect(ignore).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '**/.env', '**/secrets']));
  });

  it('has every package that a program imports among the production dependencies', () => {
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'apps', 'libs', 'examples'], {
      cwd: root,
      encoding: 'utf8',
    });
    const sources = files
      .split('\n')
      .filter((file) => /\/src\/.*\.ts$/.test(file) && !/\.(spec|conformance)\.ts$/.test(file));
    const missing = new Set<string>();
    for (const file of sources.filter((each) => !each.startsWith('libs/testing/') && existsSync(join(root, each)))) {
      for (const imported of importsAtRunTime(readFileSync(join(root, file), 'utf8'))) {
        const name = imported
          .split('/')
          .slice(0, imported.startsWith('@') ? 2 : 1)
          .join('/');
        const known = isBuiltin(imported) || name.startsWith('@gatehouse/') || name in manifest.dependencies;
        if (!known) missing.add(`${file}: ${imported}`);
      }
    }
    expect([...missing]).toEqual([]);
  });
});

/** Packages that are still imported when the types are gone. */
function importsAtRunTime(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\b(?! type\b)(?:[^;'"]*?\bfrom)? '([^'.][^']*)';/gm);
  return [...statements].map(([, imported = '']) => imported);
}
