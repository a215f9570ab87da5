import type { LeaseView } from '@gatehouse/lease/lease';
import type { KeyLookup } from '../edge/authorize-secret.js';
import type { AskKey } from '../edge/keys.client.js';
import { seenLately } from '../edge/seen-lately.js';
import type { RememberedKeys } from './remembered-keys.js';

/** A key is remembered when it comes a second time within about so many others; see keys.client.ts. */
const LATELY = 65_536;

/** `findKey` of APIs under a lease: at once where it is remembered. */
export type FindKey = (digest: Buffer) => KeyLookup | Promise<KeyLookup>;

export interface LeasedKeysPorts {
  readonly lease: LeaseView;
  readonly remembered: RememberedKeys;
  /** The number of the last change that this gateway has applied. */
  readonly appliedSeq: () => number;
  readonly askKey: AskKey;
  /** Called for each request that is answered from memory. */
  readonly onRemembered?: () => void;
}

/**
 * The port `findKey` of an API with `verification: leased`: from memory while the lease is valid, else by asking the
 * keys service as every other API does. Why nothing stale is answered: apps/keys/src/lease/README.md.
 */
export function leasedKeys(ports: LeasedKeysPorts): FindKey {
  const { lease, remembered, appliedSeq, askKey, onRemembered = () => {} } = ports;
  const isSeenAgain = seenLately(LATELY);

  const load = async (digest: Buffer, name: string): Promise<KeyLookup> => {
    const forgettingsBefore = remembered.forgettings;
    const { lookup, asOfSeq } = await askKey(digest);
    const isInUse = isSeenAgain(digest);
    // A key with a number of uses is spent by the service for each request.
    if (typeof lookup === 'string' || lookup.uses !== 'unlimited') return lookup;
    // Whether a change was heard of meanwhile, or the answer may be older than one that was applied here before.
    const mayBeStale = remembered.forgettings !== forgettingsBefore || asOfSeq < appliedSeq();
    if (isInUse && !mayBeStale && lease.isValid()) remembered.remember(name, lookup);
    return lookup;
  };

  return (digest) => {
    const name = digest.toString('latin1');
    const facts = remembered.find(name);
    // Only now: had the process stood still between reading and checking, the facts could be older than the lease.
    if (facts === undefined || !lease.isValid()) return load(digest, name);
    onRemembered();
    return facts;
  };
}
