export type HostVerdict = 'known' | 'unknown' | 'malformed';

const HOST = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,255})(?::\d{1,5})?$/;

/** Host name of a Host header, lower case, without port and final dot; undefined: not a host. */
export function hostName(header: string): string | undefined {
  const name = HOST.exec(header.toLowerCase())?.[1];
  return name?.endsWith('.') === true ? name.slice(0, -1) : name;
}

/**
 * Whether something is served under this Host. Names only: which port a forwarder listens on is its own affair, and a
 * page on a foreign name that points here (DNS rebinding) is told apart by its name.
 * @param served host names, lower case
 */
export function judgeHost(header: string | undefined, served: ReadonlySet<string>): HostVerdict {
  const name = header === undefined ? undefined : hostName(header);
  if (name === undefined || name === '') return 'malformed';
  return served.has(name) ? 'known' : 'unknown';
}
