import { readFileSync } from 'node:fs';

/** Text of one file of `apps/gateway/assets`; the folder lies beside `src` and `dist` alike. */
export function readAsset(name: string): string {
  return readFileSync(new URL(`../../assets/${name}`, import.meta.url), 'utf8');
}
