/**
 * Whether a browser's script sent the request [X12]: it has an `Origin`, or says `Sec-Fetch-Mode: cors`. Node's own
 * `fetch` says the latter too, always together with `Accept-Language: *` and without `Sec-Fetch-Site`; a browser sends
 * that one with every request and lets no script remove it, so such a request comes from a server.
 */
export function comesFromBrowser(rawHeaders: readonly string[]): boolean {
  let saysCors = false;
  let hasSite = false;
  let anyLanguage = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 6) {
      if (name.toLowerCase() === 'origin') return true;
    } else if (name.length === 14) {
      const lower = name.toLowerCase();
      if (lower === 'sec-fetch-mode') saysCors ||= (rawHeaders[index + 1] as string).toLowerCase() === 'cors';
      else if (lower === 'sec-fetch-site') hasSite = true;
    } else if (name.length === 15 && name.toLowerCase() === 'accept-language') {
      anyLanguage = rawHeaders[index + 1] === '*';
    }
  }
  return saysCors && (hasSite || !anyLanguage);
}
