import type { Provider, Type } from '@nestjs/common';
import { noteAskedMail } from '../asked-mails/asked-mails.store.js';
import { rememberDevice } from '../devices/known-devices.store.js';
import { askEmailChange, confirmEmailChange } from '../emails/email-changes.store.js';
import { undoEmailChange } from '../emails/email-undo.store.js';
import { CLIENT_ALLOWANCES } from '../limits/allowance.js';
import { takeAllowance } from '../limits/allowances.store.js';
import { recordPasswordChange } from '../password/password-change.store.js';
import { type PasswordParts, passwordPorts } from '../password/password-ports.store.js';
import { PASSWORDS_DOOR, PasswordsController, type PasswordsDoor } from '../password/passwords.controller.js';
import { findPasswordOwner, findReset, resetPassword } from '../password/passwords.store.js';
import { activateSignUp, findPendingSignUp } from '../sign-up/pending-sign-ups.store.js';
import { SIGN_UP_DOOR, SignUpController, type SignUpDoor } from '../sign-up/sign-up.controller.js';
import { recordSignUp } from '../sign-up/verification.store.js';
import type { AccessTokens } from '../tokens/access-tokens.js';
import { ACCOUNTS_DOOR, AccountsController, type AccountsDoor } from './accounts.controller.js';
import { lookUpAccount } from './look-up.store.js';
import { changeAccount } from './standing.store.js';

interface AccountsParts extends PasswordParts {
  readonly minPasswordLength: number;
  readonly tokens: AccessTokens;
}

export const ACCOUNT_CONTROLLERS: readonly Type[] = [SignUpController, PasswordsController, AccountsController];

/** Which store stands behind the doors of sign-up, passwords and accounts. */
export function accountProviders(parts: AccountsParts): Provider[] {
  return [
    { provide: SIGN_UP_DOOR, useValue: signUpDoor(parts) },
    { provide: PASSWORDS_DOOR, useValue: passwordsDoor(parts) },
    { provide: ACCOUNTS_DOOR, useValue: accountsDoor(parts) },
  ];
}

function signUpDoor({ dataSource, mailing, nowMs, ...parts }: AccountsParts): SignUpDoor {
  const { manager } = dataSource;
  const { passwordWork, hasher, minPasswordLength } = parts;
  return {
    signUp: {
      nowMs,
      passwordWork,
      hasher,
      minPasswordLength,
      takeSignUp: (...client) => takeAllowance(manager, CLIENT_ALLOWANCES.signUps, ...client),
      recordSignUp: (...signUp) => recordSignUp(dataSource, mailing, ...signUp),
    },
    askForMail: {
      nowMs,
      takeAskedMail: (...client) => takeAllowance(manager, CLIENT_ALLOWANCES.askedMails, ...client),
      noteAskedMail: (...asked) => noteAskedMail(manager, ...asked),
    },
    verify: {
      nowMs,
      passwordWork,
      hasher,
      minPasswordLength,
      findPending: (...link) => findPendingSignUp(manager, ...link),
      activateSignUp: (...link) => activateSignUp(dataSource, ...link),
    },
  };
}

function passwordsDoor(parts: AccountsParts): PasswordsDoor {
  const { dataSource, mailing, nowMs, passwordWork, hasher, minPasswordLength, tokens } = parts;
  const { manager } = dataSource;
  return {
    reset: {
      nowMs,
      passwordWork,
      hasher,
      minPasswordLength,
      findReset: (...link) => findReset(manager, ...link),
      resetPassword: (...reset) => resetPassword(dataSource, mailing, ...reset),
    },
    change: {
      ...passwordPorts(parts),
      minPasswordLength,
      findOwner: (accountId) => findPasswordOwner(manager, accountId),
      changePassword: (...change) => recordPasswordChange(dataSource, mailing, ...change),
    },
    issueAccessToken: tokens.issueFor,
    rememberDevice: (...device) => rememberDevice(dataSource, mailing, ...device, nowMs()),
  };
}

function accountsDoor({ dataSource, mailing, nowMs }: AccountsParts): AccountsDoor {
  return {
    askEmailChange: (...change) => askEmailChange(dataSource, mailing, ...change, nowMs()),
    confirmEmailChange: (...link) => confirmEmailChange(dataSource, mailing, ...link, nowMs()),
    undoEmailChange: (...link) => undoEmailChange(dataSource, mailing, ...link, nowMs()),
    changeAccount: (...change) => changeAccount(dataSource, mailing, ...change, nowMs()),
    lookUpAccount: (...asked) => lookUpAccount(dataSource, ...asked, nowMs()),
  };
}
