/** What holders are told of a change: that it is about to be made, and that it has been. */
export interface ChangeMessage extends Change {
  readonly kind: 'announced' | 'made';
}

export interface Change {
  /** No spaces in it. */
  readonly changeId: string;
  /** Of keys, or of organizations with all their keys. */
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
