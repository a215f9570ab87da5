import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { writeBase62 } from './base62.js';
import { CHECK_DIGITS, PREFIX_LENGTH_MAX, RANDOM_DIGITS } from './key-format.js';
import { readPrefixes } from './key-prefix.js';
import { mintKey } from './mint-key.js';
import { readKeyShape } from './parse-key.js';

const PREFIX = 'ex_live_';
const document = readFileSync(new URL('../../../docs/key-format.md', import.meta.url), 'utf8');
const programOf = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(document)?.[1] ?? '';

/** The value in a row of the document's tables. */
const valueOfRow = (name: string) => new RegExp(`^\\| ${name} *\\| \`([^\`]*)\` *\\|$`, 'm').exec(document)?.[1] ?? '';

describe('docs/key-format.md [K-01]', () => {
  it('has an example that is right in every step', () => {
    const bits = Buffer.from(valueOfRow('256 bits, in hexadecimal'), 'hex');
    const digits = writeBase62(BigInt(`0x${bits.toString('hex')}`), RANDOM_DIGITS);
    expect(valueOfRow('as 43 digits')).toBe(digits);
    expect(valueOfRow('behind the prefix')).toBe(PREFIX + digits);
    expect(valueOfRow('CRC-32 of that')).toBe(`0x${crc32(PREFIX + digits).toString(16)}`);
    expect(valueOfRow('as 6 digits')).toBe(writeBase62(BigInt(crc32(PREFIX + digits)), CHECK_DIGITS));
    expect(valueOfRow('the key')).toBe(mintKey(PREFIX, bits));
    expect(document).toContain(`${PREFIX} ${digits} ${valueOfRow('as 6 digits')}\n`);
  });

  it('says the numbers of the code', () => {
    expect(crc32('123456789')).toBe(0xcbf43926);
    expect(document).toContain('`123456789` gives 0xCBF43926');
    expect(document).toContain(`At most ${PREFIX_LENGTH_MAX} characters`);
    const alphabet = Array.from({ length: 62 }, (_, value) => writeBase62(BigInt(value), 1)).join('');
    expect(document).toContain(`in this order: \`${alphabet}\``);
  });

  describe('has programs that', () => {
    const texts: string[] = [];
    let expected: string[];

    beforeAll(() => {
      for (let round = 0; round < 200; round++) {
        const key = mintKey(PREFIX);
        const at = round % key.length;
        const other = key[at] === 'x' ? 'y' : 'x';
        texts.push(key, key.slice(0, at) + other + key.slice(at + 1), key.slice(0, -1), `${key}0`, ` ${key}`);
      }
      texts.push('', PREFIX, mintKey(''), mintKey('sk-'), mintKey('ex_test_'), `${PREFIX}${'é'.repeat(49)}`);
      texts.push(
        mintKey(PREFIX, Buffer.alloc(32)),
        mintKey(PREFIX, Buffer.alloc(32, 255)),
        `${PREFIX}${'z'.repeat(49)}`,
      );
      texts.push(...Array.from({ length: 50 }, () => PREFIX + randomBytes(64).toString('hex').slice(0, 49)));
      const prefixes = readPrefixes({ live: PREFIX });
      expected = texts.map((text) => String(readKeyShape(text, prefixes).kind === 'key'));
      expect(expected.filter((said) => said === 'true').length).toBeGreaterThanOrEqual(202);
    });

    /** What the program says of each text, started as the document starts it. */
    const say = (command: string, name: string, program: string) => {
      const folder = mkdtempSync(join(tmpdir(), 'gatehouse-key-format-'));
      try {
        const file = join(folder, name);
        writeFileSync(file, program);
        const said = execFileSync(command, [file, PREFIX], { input: `${texts.join('\n')}\n`, encoding: 'utf8' });
        return said.trimEnd().split('\n');
      } finally {
        rmSync(folder, { recursive: true });
      }
    };

    it('tell keys from other texts as the gateway does, in JavaScript', () => {
      expect(say(process.execPath, 'check-key.mjs', programOf('js'))).toEqual(expected);
    });

    it('do so in Python, where this machine has one', () => {
      expect(programOf('python')).toContain('zlib.crc32');
      const { status } = spawnSync('python3', ['--version']);
      if (status === 0) expect(say('python3', 'check-key.py', programOf('python'))).toEqual(expected);
    });
  });
});
