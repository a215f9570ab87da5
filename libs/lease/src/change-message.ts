/**
 * What holders are told of a change: that it is about to be made, and that it has been. Both name the keys, or the
 * organizations with all their keys.
 */
export interface ChangeMessage {
  readonly kind: 'announced' | 'made';
  /** Of the change; no spaces in it. */
  readonly changeId: string;
  readonly ids: readonly string[];
}

export function writeChange({ kind, changeId, ids }: ChangeMessage): Uint8Array {
  return Buffer.from([`${kind} ${changeId}`, ...ids].join('\n'), 'latin1');
}

/** What cannot be read as an announcement is a change that was made, of all that is named: forgetting is never wrong. */
export function readChange(payload: Uint8Array): ChangeMessage {
  const lines = Buffer.from(payload).toString('latin1').split('\n');
  const [kind, changeId] = (lines[0] ?? '').split(' ');
  if (changeId === undefined || (kind !== 'announced' && kind !== 'made')) {
    return { kind: 'made', changeId: '', ids: lines };
  }
  return { kind, changeId, ids: lines.slice(1) };
}
