import { describe, expect, it } from '@jest/globals';
import { hashEmail, isEmailAddress, normaliseEmail } from './email.js';

describe('an e-mail address', () => {
  it('has one look-up form for all its spellings, and keeps the form its owner wrote', () => {
    const spellings = ['Zoë@Example.test', ' zoë@example.test ', 'ZOË@EXAMPLE.TEST', 'Zoe\u0308@example.test'];
    expect(new Set(spellings.map((text) => normaliseEmail(text).lookup)).size).toBe(1);
    expect(new Set(spellings.map((text) => hashEmail(normaliseEmail(text)).toString('hex'))).size).toBe(1);
    expect(normaliseEmail(' Zoë@Example.test ').display).toBe('Zoë@Example.test');
  });

  it.each(['ada@example.test', 'a.b+c@sub.example.test', 'zoë@bücher.example', 'admin@localhost'])(
    'can be %j',
    (text) => {
      expect(isEmailAddress(normaliseEmail(text))).toBe(true);
    },
  );

  it.each([
    '',
    'ada',
    '@example.test',
    'ada@',
    'ada@@example.test',
    'a b@example.test',
    'ada@example..test',
    'ada@-example.test',
    'ada@example.test\nBcc: eve@example.test',
    'ada\u0000@example.test',
    '"ada"@example.test',
    'Ada <ada@example.test>',
    'ada@example.test,eve@example.test',
    `${'a'.repeat(65)}@example.test`,
    `ada@${'a.'.repeat(130)}test`,
  ])('cannot be %j', (text) => {
    expect(isEmailAddress(normaliseEmail(text))).toBe(false);
  });
});
