import type { BoundedQueue } from '@gatehouse/bus/bounded-queue';
import type { DataSource } from 'typeorm';
import { findPasswordAccount } from '../accounts/accounts.store.js';
import { isKnownDevice } from '../devices/known-devices.store.js';
import type { Mailing } from '../mail/mailing.store.js';
import { closeGuessedPassword, countGuess, judgeGuess } from './guesses.store.js';
import type { PasswordHasher } from './hasher.js';
import type { PasswordPorts } from './prove-password.js';
import type { StoredHash } from './stored-hash.js';

/** What comparing a password takes. */
export interface PasswordParts {
  readonly dataSource: DataSource;
  readonly mailing: Mailing;
  readonly hasher: PasswordHasher;
  readonly dummy: StoredHash;
  readonly passwordWork: BoundedQueue;
  nowMs(): number;
}

/** The ports of every door that compares a password: one queue, one budget of guesses. */
export function passwordPorts(parts: PasswordParts): PasswordPorts {
  const { dataSource, mailing, hasher, dummy, passwordWork, nowMs } = parts;
  const { manager } = dataSource;
  return {
    nowMs,
    hasher,
    dummy,
    passwordWork,
    isKnownDevice: (...device) => isKnownDevice(manager, ...device),
    judgeGuess: (...guess) => judgeGuess(manager, ...guess),
    countGuess: (...guess) => countGuess(manager, ...guess),
    findPasswordAccount: (email) => findPasswordAccount(manager, email),
    closePassword: (...closed) => closeGuessedPassword(dataSource, mailing, ...closed),
  };
}
