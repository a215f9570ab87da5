import type { Canary } from './canary.js';
import { type Form, formsOf } from './forms.js';

/** Something that secrets must not be in. */
export interface Place {
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether this secret may be here, in this form. */
  readonly allows?: (canary: Canary, form: Form) => boolean;
}

interface Needle {
  readonly canary: Canary;
  readonly form: Form;
}

/** Finds secrets in any number of places. @returns one sentence for each secret, form and place. */
export function findSecrets(canaries: readonly Canary[], places: readonly Place[]): readonly string[] {
  const search = searcher(canaries);
  const found = new Set<string>();
  for (const { name, bytes, allows } of places) {
    search(bytes, ({ canary, form }) => {
      if (allows?.(canary, form) !== true) found.add(`${canary.kind}, ${form.name}: ${name}`);
    });
  }
  return [...found].sort();
}

/** One pass over the bytes for all forms of all secrets: a data folder has tens of megabytes, and the forms are hundreds. */
function searcher(canaries: readonly Canary[]): (bytes: Buffer, tell: (needle: Needle) => void) => void {
  const mayBegin = new Uint8Array(65_536);
  const byBeginning = new Map<number, Needle[]>();
  for (const canary of canaries) {
    for (const form of formsOf(canary.value)) {
      const beginning = form.bytes.readUInt32LE(0);
      mayBegin[beginning & 0xffff] = 1;
      byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), { canary, form }]);
    }
  }
  return (bytes, tell) => {
    for (let at = 0; at + 4 <= bytes.length; at++) {
      if (mayBegin[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] === 0) continue;
      for (const needle of byBeginning.get(bytes.readUInt32LE(at)) ?? []) {
        const { bytes: sought } = needle.form;
        if (bytes.subarray(at, at + sought.length).equals(sought)) tell(needle);
      }
    }
  };
}
