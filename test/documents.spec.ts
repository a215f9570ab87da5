import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

/** Folders that a document's paths may begin in. */
const PATHS_BEGIN_IN: Readonly<Record<string, readonly string[]>> = {
  'docs/architecture.md': ['apps/gateway/src', 'apps/keys/src', 'libs/bus/src', 'apps/ratelimit/src'],
};

describe('the documents', () => {
  it.each(documents)('link only to what is there: %s', (file) => {
    const links = [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)];
    const missing = links.map(([, link = '']) => link).filter((link) => !existsSync(join(root, dirname(file), link)));
    expect(missing).toEqual([]);
  });

  it.each(documents.filter((file) => !file.startsWith('bench/')))('name only files that are there: %s', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const named = [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.(?:ts|mjs|md|conf|json))`/g)].map(
      ([, path = '']) => path,
    );
    const folders = [
      '.',
      dirname(file),
      ...(PATHS_BEGIN_IN[file] ?? []),
      `${dirname(file)}/..`,
      `${dirname(file)}/src`,
    ];
    const missing = named.filter((path) => !folders.some((folder) => existsSync(join(root, folder, path))));
    expect(missing).toEqual([]);
  });

  it('say of every command that npm has it', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const file of ['README.md', 'CONTRIBUTING.md', 'k8s/README.md']) {
      for (const [, script = ''] of readFileSync(join(root, file), 'utf8').matchAll(/npm run ([a-z:-]+)/g)) {
        expect([file, script, scripts[script]]).toEqual([file, script, expect.any(String)]);
      }
    }
  });
});
