import type { RefusalCode } from '@gatehouse/catalog/refusals';

/**
 * What makes a request unusable before anything of it is judged: plain HTTP where that is not accepted (refused, never
 * redirected: the key has crossed the wire already), two hosts, a wish for another protocol.
 * @param rawHeaders names and values in turn.
 */
export function earlyRefusal(rawHeaders: readonly string[], isPlainHttpRefused: boolean): RefusalCode | undefined {
  if (isPlainHttpRefused) return 'https_required';
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
    // A client that offers HTTP/2 this way speaks HTTP/1.1 as well; the offer ends here.
    else if (name.length === 7 && name.toLowerCase() === 'upgrade') {
      if ((rawHeaders[index + 1] as string).trim().toLowerCase() !== 'h2c') return 'upgrade_unsupported';
    }
  }
  return hosts > 1 ? 'request_malformed' : undefined;
}
