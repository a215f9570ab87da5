import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { keysConfig } from './config.js';

const given = { DATABASE_URL: 'postgres://db/gatehouse', GATEHOUSE_SECRET: '0123456789abcdef0123456789abcdef' };
const pepper = randomBytes(32);

describe('the environment of the keys service', () => {
  it('has the derived pepper alone where nothing is said', () => {
    expect(keysConfig({ ...given, KEY_PEPPERS: '', KEY_PEPPER_CURRENT: '' })).toMatchObject({
      KEY_PEPPERS: [],
      KEY_PEPPER_CURRENT: 1,
    });
  });

  it('can know a pepper before it seals under it, and takes it from a file as well', async () => {
    const KEY_PEPPERS = `2=${pepper.toString('base64')}`;
    expect(keysConfig({ ...given, KEY_PEPPERS })).toMatchObject({ KEY_PEPPER_CURRENT: 1 });
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-peppers-'));
    await writeFile(join(folder, 'peppers'), `${KEY_PEPPERS}\n`);
    expect(keysConfig({ ...given, KEY_PEPPERS_FILE: join(folder, 'peppers'), KEY_PEPPER_CURRENT: '2' })).toMatchObject({
      KEY_PEPPERS: [{ version: 2, secret: pepper }],
      KEY_PEPPER_CURRENT: 2,
    });
    await rm(folder, { recursive: true });
  });

  it.each([
    [{ KEY_PEPPER_CURRENT: '2' }, 'KEY_PEPPER_CURRENT: pepper 2 is not in KEY_PEPPERS'],
    [{ KEY_PEPPER_CURRENT: 'newest' }, 'KEY_PEPPER_CURRENT:'],
    [{ KEY_PEPPER_CURRENT: '1.5' }, 'KEY_PEPPER_CURRENT: must be a whole number'],
    [{ KEY_PEPPERS: 'secret' }, 'KEY_PEPPERS: must be written as'],
    [{ KEY_PEPPERS: `2=${pepper.toString('hex')}`, KEY_PEPPER_CURRENT: '3' }, 'KEY_PEPPER_CURRENT: pepper 3'],
  ])('refuses %o, and names the variable', (changes, message) => {
    expect(() => keysConfig({ ...given, ...changes })).toThrow(message);
  });
});
