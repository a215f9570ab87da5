import { describe, expect, it } from '@jest/globals';
import { listen, portOf } from '../proxy/gateway-under-test.conformance.js';
import { comesFromBrowser } from './comes-from-browser.js';

describe('comesFromBrowser [X12]', () => {
  it.each([
    ['an Origin', ['Origin', 'https://a.example']],
    ['an Origin of null', ['origin', 'null']],
    ['Sec-Fetch-Mode: cors', ['Sec-Fetch-Mode', 'cors']],
    [
      'what a browser sends to its own origin',
      ['sec-fetch-mode', 'cors', 'sec-fetch-site', 'same-origin', 'accept-language', '*'],
    ],
    ['a language', ['sec-fetch-mode', 'CORS', 'accept-language', 'en']],
  ])('sees %s', (_, raw) => {
    expect(comesFromBrowser(raw)).toBe(true);
  });

  it.each([
    ['nothing of the kind', ['Accept', '*/*']],
    ['what the fetch of Node sends', ['accept-language', '*', 'sec-fetch-mode', 'cors', 'user-agent', 'node']],
    ['a navigation', ['Sec-Fetch-Mode', 'navigate', 'Sec-Fetch-Site', 'none']],
  ])('lets pass %s', (_, raw) => {
    expect(comesFromBrowser(raw)).toBe(false);
  });

  it('lets pass a request of the fetch of this very Node', async () => {
    let seen: string[] = [];
    const server = await listen((request, response) => {
      seen = request.rawHeaders;
      response.end();
    });
    const headers = { authorization: 'Bearer x' };
    await (await fetch(`http://127.0.0.1:${portOf(server)}/`, { method: 'POST', body: '{}', headers })).text();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(seen).toContain('sec-fetch-mode');
    expect(comesFromBrowser(seen)).toBe(false);
  });
});
