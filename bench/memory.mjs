import { readFileSync } from 'node:fs';

/** @returns process -> the most memory that was resident at any time, in MB (10^6 bytes). */
export function peakMemory(members) {
  return Object.fromEntries(members.map(({ name, process: { pid } }) => [name, peakOf(pid)]));
}

function peakOf(pid) {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1_024) / 1e6;
}
