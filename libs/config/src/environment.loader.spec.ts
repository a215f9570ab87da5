import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigurationError, loadConfig } from './environment.loader.js';
import { databaseUrl, gatehouseSecret, port } from './variables.js';

const shape = { PORT: port(8080), DATABASE_URL: databaseUrl, GATEHOUSE_SECRET: gatehouseSecret.optional() };
const DATABASE_URL = 'postgres://owner:hunter2@db/gatehouse';

describe('loadConfig', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-config-'));
    await writeFile(join(folder, 'url'), `${DATABASE_URL}\n`);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const problemsOf = (environment: Record<string, string>) => {
    try {
      loadConfig(shape, environment);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      return (error as Error).message;
    }
    return 'none';
  };

  it('gives typed, frozen values and defaults', () => {
    const config = loadConfig(shape, { DATABASE_URL, PORT: '81' });
    expect(config).toEqual({ DATABASE_URL, PORT: 81 });
    expect(Object.isFrozen(config)).toBe(true);
    expect(loadConfig(shape, { DATABASE_URL, PORT: '' }).PORT).toBe(8080);
  });

  it('reads a value from the file that <NAME>_FILE names, without its last line break', () => {
    expect(loadConfig(shape, { DATABASE_URL_FILE: join(folder, 'url') }).DATABASE_URL).toBe(DATABASE_URL);
  });

  it('names every variable that is wrong at once, and shows no value', () => {
    const message = problemsOf({
      PORT: '70000',
      DATABASE_URL: 'mysql://owner:hunter2@db',
      GATEHOUSE_SECRET: 'changeme',
    });
    for (const name of ['PORT', 'DATABASE_URL', 'GATEHOUSE_SECRET']) expect(message).toContain(`  ${name}: must`);
    for (const value of ['70000', 'hunter2', 'changeme']) expect(message).not.toContain(value);
  });

  it.each([
    [{}, 'DATABASE_URL: is required'],
    [{ DATABASE_URL, DATABASE_URL_FILE: '/x' }, 'both DATABASE_URL and DATABASE_URL_FILE are set'],
    [{ DATABASE_URL_FILE: '/no/such/file' }, 'DATABASE_URL_FILE: cannot be read (ENOENT)'],
    [{ DATABASE_URL, GATEHOUSE_SECRET: 'a'.repeat(64) }, 'GATEHOUSE_SECRET: is too easy to guess'],
    [{ DATABASE_URL, GATEHOUSE_SECRET: 'changeme'.repeat(8) }, 'GATEHOUSE_SECRET: is too easy to guess'],
  ])('refuses %o', (environment, problem) => {
    expect(problemsOf(environment as Record<string, string>)).toContain(problem);
  });
});
