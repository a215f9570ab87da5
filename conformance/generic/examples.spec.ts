import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { runCurl } from '../run-curl.js';
import { runJavaScript } from '../run-javascript.js';
import { bearer, send } from '../send.js';

let platform: PlatformUnderTest;
let key: string;
let here: Readonly<Record<string, string>>;

beforeAll(async () => {
  platform = await startPlatform();
  key = (await platform.createKey({ api: 'generic', scopes: ['read'] })).key;
  here = { 'https://api.example.com': platform.apiBase('generic'), YOUR_API_KEY: key };
});
afterAll(() => platform?.stop());

const ANSWER = 'console.log(JSON.stringify({ status: response.status, body: await response.json() }));';
const generated = { object: 'generation', model: 'gpt-4', text: expect.stringContaining('Hello, world!') };

/** The handler of the document's page, as printed. */
const HANDLER = `async function makeAPIRequest(endpoint, data) {
  try {
    const response = await fetch(\`https://api.example.com/v1/\${endpoint}\`, {
      method: 'POST',
      headers: {
        'Authorization': \`Bearer \${process.env.API_KEY}\`,
        'Content-Type': 'application/json'
      },
      body: JSON.stringify(data)
    });

    if (!response.ok) {
      const error = await response.json();

      switch (response.status) {
        case 401:
          throw new Error('Invalid API key. Please check your credentials.');
        case 403:
          throw new Error('Access denied. Check your API key permissions.');
        case 429:
          throw new Error('Rate limit exceeded. Please try again later.');
        default:
          throw new Error(\`API Error: \${error.error.message}\`);
      }
    }

    return await response.json();
  } catch (error) {
    console.error('API request failed:', error.message);
    throw error;
  }
}`;
const callHandler = (endpoint: string) =>
  `const said = await makeAPIRequest(${JSON.stringify(endpoint)}, { prompt: 'Hello, world!', model: 'gpt-4' })
  .then((answer) => ({ answer }), (error) => ({ message: error.message }));
console.log(JSON.stringify(said));`;

describe('the generic AI API, its examples', () => {
  it('[G1] answers the curl example as printed', async () => {
    const printed = String.raw`curl -X POST https://api.example.com/v1/generate \
  -H "Authorization: Bearer YOUR_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{
    "prompt": "Hello, world!",
    "model": "gpt-4"
  }'`;
    const command = printed.replace('YOUR_API_KEY', key);
    expect(JSON.parse(await runCurl(command, 'https://api.example.com', platform.url))).toMatchObject(generated);
  });

  it('[G1] answers the JavaScript example as printed', async () => {
    const printed = `const response = await fetch('https://api.example.com/v1/generate', {
  method: 'POST',
  headers: {
    'Authorization': 'Bearer YOUR_API_KEY',
    'Content-Type': 'application/json'
  },
  body: JSON.stringify({
    prompt: 'Hello, world!',
    model: 'gpt-4'
  })
});`;
    expect(await runJavaScript(printed, here, ANSWER)).toMatchObject({ status: 200, body: generated });
  });

  it('[G1] answers the JavaScript example with the key from the environment, as printed', async () => {
    const printed = `const apiKey = process.env.API_KEY;

const response = await fetch('https://api.example.com/v1/generate', {
  method: 'POST',
  headers: {
    'Authorization': \`Bearer \${apiKey}\`,
    'Content-Type': 'application/json'
  },
  body: JSON.stringify({
    prompt: 'Hello, world!',
    model: 'gpt-4'
  })
});`;
    expect(await runJavaScript(printed, here, ANSWER, { API_KEY: key })).toMatchObject({
      status: 200,
      body: generated,
    });
  });

  // Python with `requests` is not on every machine that runs these tests, so what it sends is sent here, byte for byte.
  it('[G1] answers the request of the Python examples', async () => {
    const answer = await send(`${platform.apiBase('generic')}/v1/generate`, {
      method: 'POST',
      headers: {
        'user-agent': 'python-requests/2.32.5',
        'accept-encoding': 'gzip, deflate',
        accept: '*/*',
        connection: 'keep-alive',
        'content-type': 'application/json',
        ...bearer(key),
      },
      json: { prompt: 'Hello, world!', model: 'gpt-4' },
    });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject(generated);
  });

  it('[G9] lets the handler of the page, as printed, tell every failure', async () => {
    const limited = (await platform.createKey({ api: 'generic-key-limit', scopes: ['read'] })).key;
    const limitedBase = platform.apiBase('generic-key-limit');
    for (let request = 0; request < 3; request++) await send(`${limitedBase}/v1/models`, { headers: bearer(limited) });
    const ask = (endpoint: string, apiKey: string, base = platform.apiBase('generic')) =>
      runJavaScript(HANDLER, { 'https://api.example.com': base }, callHandler(endpoint), { API_KEY: apiKey });
    expect(await ask('generate', key)).toMatchObject({ answer: generated });
    expect(await ask('generate', 'wrong')).toEqual({ message: 'Invalid API key. Please check your credentials.' });
    expect(await ask('documents', key)).toEqual({ message: 'Access denied. Check your API key permissions.' });
    expect(await ask('generate', limited, limitedBase)).toEqual({
      message: 'Rate limit exceeded. Please try again later.',
    });
    expect(await ask('a//b', key)).toEqual({ message: 'API Error: The request path is not in its plain form.' });
  });
});
