import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCatalog } from '@gatehouse/catalog/catalog.loader';
import { describe, expect, it } from '@jest/globals';

const DOCUMENT = fileURLToPath(new URL('../docs/limits.md', import.meta.url));

describe('docs/limits.md', () => {
  it('shows a configuration that the gateway starts with, and that means what it says', async () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(await readFile(DOCUMENT, 'utf8')) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-limits-'));
    await writeFile(join(folder, 'gatehouse.yaml'), example);
    const { apis } = await loadCatalog(join(folder, 'gatehouse.yaml'));
    await rm(folder, { recursive: true });
    expect(apis[0]?.limiterOutage).toBe('deny');
    expect(apis[0]?.plans['free']).toMatchObject({
      key: [
        { windowSeconds: 1, quota: 10, algorithm: 'token-bucket', burst: 30 },
        { windowSeconds: 60, quota: 300, algorithm: 'sliding-window' },
        { windowSeconds: 86_400, quota: 10_000 },
      ],
      organization: [
        { windowSeconds: 60, quota: 1_000 },
        { windowSeconds: 60, quota: 600, shadow: true },
      ],
    });
  });
});
