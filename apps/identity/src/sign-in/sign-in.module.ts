import type { Provider, Type } from '@nestjs/common';
import { claimInstallation, isClaimOpen } from '../first-administrator/first-administrator.store.js';
import type { IdentityMetrics } from '../identity-metrics.js';
import { type PasswordParts, passwordPorts } from '../password/password-ports.store.js';
import type { AccessTokens } from '../tokens/access-tokens.js';
import { SIGN_IN_DOOR, SignInController, type SignInDoor } from './sign-in.controller.js';
import type { SignInPorts } from './sign-in.js';
import { recordPassword } from './sign-in.store.js';

interface SignInParts extends PasswordParts {
  readonly tokens: AccessTokens;
  readonly metrics: IdentityMetrics;
  readonly minPasswordLength: number;
}

export const SIGN_IN_CONTROLLERS: readonly Type[] = [SignInController];

/** What stands behind the first step of a sign-in, and behind the claim of a new installation. */
export function signInProviders(parts: SignInParts): Provider[] {
  return [{ provide: SIGN_IN_DOOR, useValue: signInDoor(parts) }];
}

/** The ports of every door that takes a password for a session. */
export function signInPorts(parts: PasswordParts): SignInPorts {
  const { dataSource } = parts;
  return { ...passwordPorts(parts), recordPassword: (...proven) => recordPassword(dataSource, ...proven) };
}

function signInDoor(parts: SignInParts): SignInDoor {
  const { dataSource, nowMs, hasher, passwordWork, minPasswordLength, metrics, tokens } = parts;
  return {
    signIn: signInPorts(parts),
    claim: {
      nowMs,
      hasher,
      passwordWork,
      minPasswordLength,
      isClaimOpen: (tokenHash) => isClaimOpen(dataSource.manager, tokenHash),
      claimInstallation: (...claim) => claimInstallation(dataSource, ...claim),
    },
    issueAccessToken: tokens.issueFor,
    metrics,
  };
}
