import { type Browser, newBrowser } from '../browser.js';

type BrowserAnswer = Awaited<ReturnType<Browser['send']>>;

const MOST_HOPS = 12;

/**
 * Signs a browser in with a provider: there, through its pages, and back.
 * @param publicUrl under which the platform believes to be
 * @returns the answer to the way back
 */
export async function signInWith(browser: Browser, publicUrl: string, provider: string): Promise<BrowserAnswer> {
  const elsewhere = new Map<string, Browser>();
  let answer = await browser.send('GET', `/auth/${provider}`);
  let place = new URL(publicUrl);
  for (let hops = 0; hops < MOST_HOPS; hops++) {
    const { location } = answer.headers;
    if (typeof location !== 'string') throw new Error(`${place.pathname} ends with ${answer.status}: ${answer.text}`);
    place = new URL(location, place);
    const path = `${place.pathname}${place.search}`;
    if (place.origin === publicUrl) return browser.send('GET', path);
    const there = elsewhere.get(place.origin) ?? newBrowser(place.origin);
    elsewhere.set(place.origin, there);
    answer = await there.send('GET', path);
  }
  throw new Error('the provider sends the browser round and round');
}
