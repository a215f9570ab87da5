import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { nextStep } from './next-step.js';
import { PROOFS, type Proof, type SecondFactor } from './proof.js';

const decide = (proven: Proof[], secondFactors: SecondFactor[] = [], isDisabled = false) =>
  nextStep({ proven, secondFactors, isDisabled });

describe('the next step of a sign-in', () => {
  it.each<Proof>(['password', 'github', 'sso', 'passkey'])(
    'is none after %s, where no second factor is set up',
    (proof) => {
      expect(decide([proof])).toEqual({ kind: 'done' });
    },
  );

  it.each<Proof>(['password', 'github', 'sso'])(
    'is the second factor after %s, by any way that is set up [H-057]',
    (proof) => {
      const methods: SecondFactor[] = ['totp', 'backup_code'];
      expect(decide([proof], methods)).toEqual({ kind: 'prove_second_factor', methods });
      for (const second of methods) expect(decide([proof, second], methods)).toEqual({ kind: 'done' });
    },
  );

  it('is none after a passkey, which is both factors', () => {
    expect(decide(['passkey'], ['passkey', 'totp'])).toEqual({ kind: 'done' });
  });

  it('is a first factor where only a second one, or a recovery, was shown', () => {
    for (const proven of [[], ['totp'], ['backup_code'], ['recovery'], ['totp', 'recovery']] as Proof[][]) {
      expect(decide(proven, ['totp'])).toEqual({ kind: 'prove_first_factor' });
    }
  });

  it('is a refusal for a disabled account, but only to who has shown a first factor', () => {
    expect(decide(['password'], ['totp'], true)).toEqual({ kind: 'refused', code: 'account_disabled' });
    expect(decide(['passkey'], [], true)).toEqual({ kind: 'refused', code: 'account_disabled' });
    expect(decide(['totp'], ['totp'], true)).toEqual({ kind: 'prove_first_factor' });
  });

  it('never opens a session without a first factor, of a disabled account, or past a second factor that is set up', () => {
    const proven = fc.uniqueArray(fc.constantFrom(...PROOFS));
    const set = fc.uniqueArray(fc.constantFrom<SecondFactor>('passkey', 'totp', 'backup_code'));
    fc.assert(
      fc.property(proven, set, fc.boolean(), (proofs, secondFactors, isDisabled) => {
        const has = (...any: Proof[]) => any.some((proof) => proofs.includes(proof));
        const allowed =
          !isDisabled &&
          has('password', 'github', 'sso', 'passkey') &&
          (secondFactors.length === 0 || has('passkey', 'totp', 'backup_code'));
        expect(decide(proofs, secondFactors, isDisabled).kind === 'done').toBe(allowed);
      }),
      { numRuns: 2_000 },
    );
  });
});
