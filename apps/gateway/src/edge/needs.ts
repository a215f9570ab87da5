import type { PermissionQuery } from '@gatehouse/key-domain/permission-query';
import type { PublishedApi } from '../routes/published-api.js';

/** What somebody wants to do with a key. */
export interface Needs {
  readonly published: PublishedApi;
  readonly scopesNeeded: readonly string[];
  /** What else the scopes of the key have to hold; null: nothing. */
  readonly permissions: PermissionQuery | null;
  /** What it takes from each limit; 0: nothing is charged. */
  readonly cost: number;
  /** Where it is used from. */
  readonly address: string;
  /** The project that it must be of; null: any. */
  readonly projectId: string | null;
  /** Whether it only reads. */
  readonly isRead: boolean;
  /** Whether a browser's script sends it to an API whose keys are for servers only [X12]. */
  readonly fromBrowser: boolean;
}
