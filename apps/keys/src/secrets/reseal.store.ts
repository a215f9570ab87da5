import type { DataSource, QueryFailedError } from 'typeorm';
import { type Peppers, sealNew } from './peppers.js';
import type { OldSecret } from './resealer.js';

const UNIQUE_VIOLATION = '23505';

/**
 * Stores a secret under the current pepper, where it is still stored as it was found. One row in a statement of its own: it
 * locks nothing that somebody else could wait for while it waits itself.
 * @returns `unchanged` where somebody was faster, or where the new form is there already.
 */
export async function resealSecret(
  dataSource: DataSource,
  peppers: Peppers,
  { digest, hmac }: OldSecret,
): Promise<'resealed' | 'unchanged'> {
  const sealed = sealNew(peppers, digest);
  try {
    const [, changed]: [unknown, number] = await dataSource.query(
      'UPDATE key_secrets SET secret_hmac = $1, pepper_version = $2 WHERE secret_hmac = $3',
      [sealed.hmac, sealed.pepperVersion, hmac],
    );
    return changed === 1 ? 'resealed' : 'unchanged';
  } catch (error) {
    if ((error as QueryFailedError<Error & { code?: string }>).driverError?.code === UNIQUE_VIOLATION)
      return 'unchanged';
    throw error;
  }
}
