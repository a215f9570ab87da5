import { comesByProvider } from './federation-steps.js';
import { createsKeys, endsKeys, rotatesKeys, usesKeys } from './key-steps.js';
import { usesKeysWrongly } from './misuse-steps.js';
import { losesItsBus, losesItsDatabase } from './outage-steps.js';
import { losesItsSession, signsIn, signsInWrongly } from './people-steps.js';
import { recoversItself } from './recovery-steps.js';
import { importsKeys, leaksKeys, looksAtUsage } from './report-steps.js';
import { usesSecondFactor } from './second-factor-steps.js';
import { setsPasswordsAnew, signsUp } from './sign-up-steps.js';
import { usesTokens } from './token-steps.js';
import { endsOwnKey, verifiesKeys } from './verify-steps.js';
import type { Step } from './world.js';

/**
 * All that happens to secrets, in order. What is new gets a step here: it takes note of each secret that comes out
 * (`world.remember`), and says of each answer what it is documented to show.
 */
export const LIFE: readonly Step[] = [
  signsIn,
  usesSecondFactor,
  signsInWrongly,
  signsUp,
  setsPasswordsAnew,
  comesByProvider,
  recoversItself,
  usesTokens,
  createsKeys,
  usesKeys,
  usesKeysWrongly,
  rotatesKeys,
  endsKeys,
  leaksKeys,
  importsKeys,
  verifiesKeys,
  endsOwnKey,
  losesItsDatabase,
  looksAtUsage,
  losesItsSession,
  signsIn,
  losesItsBus,
];
