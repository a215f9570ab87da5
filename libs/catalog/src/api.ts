import type { SubjectLimits } from '@gatehouse/limit-domain/limit';
import type { Profile } from './profile-schema.js';

/**
 * Whether a gateway asks the keys service for every request, or answers for keys that it remembers under a lease of its
 * own. A revoke holds everywhere when it has returned, either way.
 */
type Verification = 'queried' | 'leased';

/**
 * Whether a gateway asks the limiter for every request, or has a part of the quotas of busy callers charged ahead and lets
 * requests through from it. Never more than the quota is let through, either way.
 */
type LimitsCharged = 'queried' | 'leased';

/** What the API does when its limits cannot be asked. */
export type LimiterOutage = 'deny' | 'allow' | 'local';

/**
 * What an upstream is told about the caller: headers and a signed token that says the same, or headers alone, which it
 * can believe only where nobody but the gateway reaches it.
 */
export type UpstreamIdentity = 'token' | 'headers';

/** One row of an API's route table; the first row that matches a request decides what it needs. */
export interface Route {
  /** Upper case, or `*`. */
  readonly method: string;
  /** Path pattern: `*` is one segment, `**` any number of them, `{project}` the id of the key's project [T2]. */
  readonly pattern: string;
  /** All of these are needed. */
  readonly scopes: readonly string[];
  readonly cost: number;
}

/** The limits of one plan, ready to be bound to a key's or an organization's id. */
export interface PlanLimits {
  readonly key: SubjectLimits['limits'];
  readonly organization: SubjectLimits['limits'];
  /** How many live keys of this API an organization may have [A2]; null: any number. */
  readonly keysMax: number | null;
}

/** What happens to a key that was found in public. */
export type LeakPolicy = 'revoke' | 'quarantine' | 'notify';

/**
 * The form of keys that a former system issued: this prefix, this many visible ASCII characters in all. `pepper` names
 * an entry of IMPORT_PEPPERS; null exactly where `digest` is sha256.
 */
export interface ImportedKeyForm {
  readonly prefix: string;
  readonly length: number;
  readonly digest: 'sha256' | 'hmac-sha256';
  readonly pepper: string | null;
}

/** One published API as the services use it: its profile, its routes, its plans, resolved and checked. */
export interface Api {
  readonly name: string;
  readonly profile: Profile;
  readonly hosts: readonly string[];
  /** Origin and optional base path of the upstream, or `example` for the one that ships with Gatehouse. */
  readonly upstream: string;
  readonly upstreamIdentity: UpstreamIdentity;
  readonly verification: Verification;
  readonly limits: LimitsCharged;
  readonly limiterOutage: LimiterOutage;
  readonly routes: readonly Route[];
  readonly plans: Readonly<Record<string, PlanLimits>>;
  /** Only keys of these are issued and accepted [G11]; null: of all environments of the profile. */
  readonly environments: readonly string[] | null;
  readonly leakPolicy: LeakPolicy;
  readonly importedKeys: readonly ImportedKeyForm[];
}

/** Everything that gatehouse.yaml and the profiles that it names say. */
export interface Catalog {
  readonly apis: readonly Api[];
  /** How many gateways there are, for the share that each enforces alone while the limiter is out. */
  readonly gateways: number;
}
