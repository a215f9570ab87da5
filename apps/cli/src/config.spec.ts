import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { cliConfig } from './config.js';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('cliConfig', () => {
  it('asks the platform of this machine where nothing is said', () => {
    expect(cliConfig({})).toEqual({ GATEHOUSE_URL: 'http://localhost:8080' });
  });

  it('takes the token from a file, without the end of its line', () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'ghm_token\n');
    expect(cliConfig({ GATEHOUSE_TOKEN_FILE: file, GATEHOUSE_URL: 'https://gate.example/' })).toEqual({
      GATEHOUSE_TOKEN: 'ghm_token',
      GATEHOUSE_URL: 'https://gate.example',
    });
  });

  it.each([
    ['an address with a path', { GATEHOUSE_URL: 'https://gate.example/api' }],
    ['an address with a password', { GATEHOUSE_URL: 'https://me:secret@gate.example' }],
    ['no address', { GATEHOUSE_URL: 'gate.example' }],
    ['a token of two lines', { GATEHOUSE_TOKEN: 'secret\nInjected: 1' }],
    ['a token file that is not there', { GATEHOUSE_TOKEN_FILE: '/nowhere/secret-token' }],
  ])('refuses %s, and does not repeat it', (_title, environment) => {
    const [name = '', value = ''] = Object.entries(environment)[0] ?? [];
    expect(() => cliConfig(environment)).toThrow(name);
    expect(() => cliConfig(environment)).not.toThrow(value);
  });
});
