import { deriveSecret } from '@gatehouse/config/derive-secret';
import { FEDERATION_SECRET_PURPOSE } from '@gatehouse/contracts/federation';
import type { DataSource } from 'typeorm';
import type { IdentityConfig } from '../config.js';
import type { Mailing } from '../mail/mailing.store.js';
import type { IssueAccessToken } from '../sign-in/signed-in.js';
import type { FederationDoor } from './federation-door.js';
import { githubSettings, ssoSettings } from './federation-settings.js';
import { GithubStrategy } from './github.provider.js';
import { githubState } from './github-state.js';
import { identitiesOf } from './identities.store.js';
import { outbound } from './outbound.client.js';
import type { ProviderName } from './provider.js';
import { newUnguessable } from './round-trip.js';
import { addRoundTrip, takeRoundTrip } from './round-trips.store.js';
import { settle } from './settle.store.js';
import { ssoProvider } from './sso.client.js';
import { unlinkIdentity } from './unlink.store.js';

export interface FederationParts {
  readonly config: IdentityConfig;
  readonly dataSource: DataSource;
  readonly mailing: Mailing;
  readonly issueAccessToken: IssueAccessToken;
  nowMs(): number;
  countSignIn(outcome: string): void;
  failed(provider: ProviderName, error: unknown): void;
}

/** Puts together what is configured: a provider that is not is not there at all. */
export function federationDoor(parts: FederationParts): FederationDoor {
  const { config, dataSource, mailing, nowMs } = parts;
  const secretFor = (purpose: string) => deriveSecret(config.GATEHOUSE_SECRET, purpose);
  const sealingKey = secretFor('round-trip-encryption');
  const begin: FederationDoor['begin'] = (departure) => addRoundTrip(dataSource, departure, sealingKey, nowMs());

  const github = githubSettings(config);
  const sso = ssoSettings(config);
  const githubStrategy = github === undefined ? undefined : `github ${newUnguessable()}`;
  if (github !== undefined && githubStrategy !== undefined) {
    new GithubStrategy(githubStrategy, github, githubState(begin), outbound(new URL(github.issuer)).send);
  }
  const configured: ProviderName[] = [];
  if (github !== undefined) configured.push('github');
  if (sso !== undefined) configured.push('sso');

  return {
    gatewaySecret: secretFor(FEDERATION_SECRET_PURPOSE).toString('base64url'),
    configured,
    githubStrategy,
    sso: sso && ssoProvider(sso, outbound(new URL(sso.issuer)).send, () => performance.now()),
    begin,
    take: (arrived) => takeRoundTrip(dataSource.manager, arrived, sealingKey, nowMs()),
    settle: (trip, vouched, origin) => settle(dataSource, { trip, vouched, origin, nowMs: nowMs() }, mailing),
    identitiesOf: (accountId) => identitiesOf(dataSource.manager, accountId),
    unlink: (person, identityId) =>
      unlinkIdentity(dataSource, { person, identityId, configured, nowMs: nowMs() }, mailing),
    issueAccessToken: parts.issueAccessToken,
    countSignIn: parts.countSignIn,
    failed: parts.failed,
  };
}
