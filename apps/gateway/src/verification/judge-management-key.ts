import { MANAGEMENT_API } from '@gatehouse/catalog/management-api';
import type { KeyFacts } from '@gatehouse/key-domain/key';
import { authorizeSecret } from '../edge/authorize-secret.js';
import type { Decision } from '../edge/decision.js';
import type { Permission } from '../management/permissions.js';
import type { VerificationPorts } from './verify-key.js';

/** What a request to the management API brings to the decision about its key. */
interface ManagementNeeds {
  readonly scopesNeeded: readonly Permission[];
  /** Taken from the limits that the key has of its own; 0: nothing is. */
  readonly cost: 0 | 1;
  readonly address: string;
  readonly isRead: boolean;
}

export type JudgeManagementKey = (secret: string, needs: ManagementNeeds) => Promise<Decision<KeyFacts>>;

/** The decision that every door makes, for the door of the management API. */
export function judgeManagementKey({ apis, edge }: Omit<VerificationPorts, 'usage'>): JudgeManagementKey {
  const published = apis.get(MANAGEMENT_API.name);
  if (published === undefined) throw new Error('the management API is not among those that keys are made for');
  return (secret, needs) =>
    authorizeSecret(secret, { ...needs, published, permissions: null, projectId: null, fromBrowser: false }, edge);
}
