import { introspectToken, refreshTokens, revokeToken } from '@gatehouse/contracts/access-tokens';
import * as accounts from '@gatehouse/contracts/accounts';
import * as federation from '@gatehouse/contracts/federation';
import * as identity from '@gatehouse/contracts/identity';
import { setOrganizationSecurity } from '@gatehouse/contracts/organization-security';
import { beginPasskeySignIn } from '@gatehouse/contracts/passkeys';
import * as secondFactor from '@gatehouse/contracts/second-factor';
import {
  at,
  CHALLENGE,
  CLAIM_TOKEN,
  CODE,
  type FakeAnswers,
  type FakeWorld,
  ORGANIZATIONS,
  PASSWORD,
  project,
} from './fake-world.conformance.js';

/** The one of the people who runs the installation. */
const OPERATOR = 'owner@example.com';
const TTL_SECONDS = 3600;
const account = (email: string) => ({ id: `acc_${email.split('@')[0]}`, email, name: 'A Person' });

/** Stands in for `identity`: people, sessions, projects, tokens. */
export function fakeIdentity(world: FakeWorld): FakeAnswers {
  const signedIn = (email: string) => {
    const session = world.open(email);
    return {
      kind: 'signed_in',
      sessionToken: session.token,
      accessToken: `at-${session.id}`,
      accessTokenTtlSeconds: TTL_SECONDS,
      absoluteExpiresAt: at(8 * 3_600_000),
      account: account(email),
    };
  };
  return [
    [
      identity.signIn,
      ({ email, password }: { email: string; password: string }) =>
        world.people.has(email) && password === PASSWORD ? signedIn(email) : { kind: 'credentials_invalid' },
    ],
    [
      identity.claimInstallation,
      ({ token, email }: { token: string; email: string }) =>
        token === CLAIM_TOKEN ? signedIn(email) : { kind: 'token_invalid' },
    ],
    [
      identity.authenticateSession,
      (input: { kind: string; sessionToken?: string; accessToken?: string; wantAccessToken?: boolean }) => {
        const session = world.sessions.find(
          ({ token, id }) => token === input.sessionToken || `at-${id}` === input.accessToken,
        );
        if (session === undefined) {
          return { kind: 'refused', code: input.kind === 'session' ? 'session_unknown' : 'token_invalid' };
        }
        if (session.ended) return { kind: 'refused', code: 'session_ended' };
        return {
          kind: 'authenticated',
          sessionId: session.id,
          account: account(session.email),
          memberships: (world.people.get(session.email) ?? ['owner']).map((role, index) => ({
            organizationId: ORGANIZATIONS[index],
            organizationName: `Organization ${index}`,
            plan: 'free',
            role,
          })),
          isOperator: session.email === OPERATOR,
          csrfToken: session.csrf,
          accessToken: input.wantAccessToken === true ? `at-${session.id}` : null,
          accessTokenTtlSeconds: TTL_SECONDS,
          expiresAt: at(3_600_000),
          absoluteExpiresAt: at(8 * 3_600_000),
        };
      },
    ],
    [
      identity.signOut,
      ({ sessionId }: { sessionId: string }) => {
        for (const session of world.sessions) if (session.id === sessionId) session.ended = true;
        return { kind: 'signed_out' };
      },
    ],
    [accounts.signUp, () => ({ kind: 'verification_sent' })],
    [accounts.verifyEmail, () => ({ kind: 'verified' })],
    [accounts.askForMail, () => ({ kind: 'asked' })],
    [accounts.resetPassword, () => ({ kind: 'password_reset' })],
    [accounts.changePassword, () => signedIn('owner@example.com')],
    [accounts.askEmailChange, () => ({ kind: 'verification_sent' })],
    [accounts.confirmEmailChange, () => ({ kind: 'email_changed' })],
    [accounts.undoEmailChange, () => ({ kind: 'email_restored' })],
    [accounts.rememberDevice, () => ({ kind: 'remembered', deviceToken: null, keptSeconds: 0 })],
    [accounts.changeAccount, () => ({ kind: 'changed' })],
    [beginPasskeySignIn, () => ({ kind: 'options', options: {} })],
    [accounts.lookUpAccount, () => ({ kind: 'found', accounts: [] })],
    [
      secondFactor.answerChallenge,
      ({ challenge, code }: { challenge: string; code: string }) => {
        if (challenge !== CHALLENGE) return { kind: 'challenge_ended' };
        return code === CODE ? { ...signedIn('owner@example.com'), newBackupCodes: null } : { kind: 'code_wrong' };
      },
    ],
    [secondFactor.getSecondFactors, () => ({ kind: 'found', totpSince: at(0), passkeys: 0, backupCodesLeft: 9 })],
    [
      secondFactor.enrolTotp,
      () => ({ kind: 'enrolling', secret: 'GEZDGNBV', otpauthUri: 'otpauth://totp/Gatehouse:a%40b.c?secret=GEZDGNBV' }),
    ],
    ...[
      [secondFactor.confirmTotp, { kind: 'confirmed', backupCodes: ['AAAAAA-BBBBBB'] }] as const,
      [secondFactor.disableTotp, { kind: 'disabled' }] as const,
      [secondFactor.renewBackupCodes, { kind: 'renewed', backupCodes: ['CCCCCC-DDDDDD'] }] as const,
    ].map(([contract, right]) => [
      contract,
      ({ code }: { code: string }) => (code === CODE ? right : { kind: 'code_wrong' }),
    ]),
    [setOrganizationSecurity, () => ({ kind: 'set' })],
    [identity.listProjects, () => ({ kind: 'listed', projects: [project] })],
    [identity.createProject, () => ({ kind: 'created', project })],
    [
      identity.findProject,
      ({ project: named }: { project?: string }) =>
        named === undefined || named === project.id || named === project.slug
          ? { kind: 'found', project, plan: 'free' }
          : { kind: 'not_found' },
    ],
    [federation.listProviders, () => ({ kind: 'listed', providers: ['github'] })],
    [federation.listIdentities, () => ({ kind: 'listed', identities: [] })],
    [federation.unlinkIdentity, () => ({ kind: 'unlinked' })],
    [identity.publishedKeys, () => ({ kind: 'jwks', keys: [{ kty: 'RSA', kid: 'identity-key' }] })],
    [refreshTokens, () => ({ kind: 'refused' })],
    [revokeToken, () => ({ kind: 'revoked' })],
    [introspectToken, () => ({ kind: 'inactive' })],
  ] as FakeAnswers;
}
