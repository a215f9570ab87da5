/** The ids of what has changed, as holders are told: keys, or organizations with all their keys. */
export function writeChangedIds(ids: readonly string[]): Uint8Array {
  return Buffer.from(ids.join('\n'), 'latin1');
}

export function readChangedIds(payload: Uint8Array): readonly string[] {
  return Buffer.from(payload).toString('latin1').split('\n');
}
