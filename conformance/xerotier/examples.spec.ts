import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { type PlatformUnderTest, startPlatform } from '../platform.js';
import { runCurl } from '../run-curl.js';
import { runJavaScript } from '../run-javascript.js';
import { bearer, send } from '../send.js';
import { createProject, type Project } from './create-project.js';

let platform: PlatformUnderTest;
let project: Project;
let key: string;
let here: Readonly<Record<string, string>>;

beforeAll(async () => {
  platform = await startPlatform();
  project = await createProject(platform, 'my-project');
  const scopes = ['chat.write', 'models.read'];
  key = (await platform.createKey({ api: 'xerotier', project: project.id, scopes })).key;
  here = {
    'https://api.xerotier.ai': platform.apiBase('xerotier'),
    proj_ABC123: project.id,
    'xero_my-project_abc123': key,
  };
});
afterAll(() => platform?.stop());

const models = { object: 'list', data: expect.arrayContaining([expect.objectContaining({ object: 'model' })]) };

describe('Xerotier, its examples', () => {
  it('[T6] [T2] answers the curl example as printed', async () => {
    const printed = String.raw`curl -X POST https://api.xerotier.ai/proj_ABC123/my-endpoint/v1/chat/completions \
-H "Authorization: Bearer xero_my-project_abc123" \
-H "Content-Type: application/json" \
-d '{"model": "llama-3.1-8b", "messages": [{"role": "user", "content": "Hello"}]}'`;
    const command = printed.replace('proj_ABC123', project.id).replace('xero_my-project_abc123', key);
    const written = await runCurl(command, 'https://api.xerotier.ai', platform.url);
    expect(JSON.parse(written)).toMatchObject({ object: 'chat.completion', model: 'llama-3.1-8b' });
  });

  it('[T6] answers the example of the OpenAI SDK as printed', async () => {
    const printed = `import OpenAI from "openai";
const client = new OpenAI({
baseURL: "https://api.xerotier.ai/proj_ABC123/my-endpoint/v1",
apiKey: "xero_my-project_abc123"
});
// All requests are automatically authenticated
const response = await client.chat.completions.create({
model: "my-model",
messages: [{ role: "user", content: "Hello" }]
});`;
    const said = await runJavaScript(printed, here, 'console.log(JSON.stringify(response));');
    expect(said).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: expect.stringContaining('Hello') } }],
    });
  });

  // Python's SDK is not on every machine that runs these tests. What its example does differs from JavaScript's in nothing
  // that the platform sees, but for who it says it is.
  it('[T6] answers the request of the Python SDK, plain and streamed', async () => {
    const sdk = new OpenAI({
      baseURL: `${platform.apiBase('xerotier')}/${project.id}/my-endpoint/v1`,
      apiKey: key,
      defaultHeaders: { 'user-agent': 'OpenAI/Python 2.6.1', 'x-stainless-lang': 'python' },
      maxRetries: 0,
    });
    const asked = { model: 'my-model', messages: [{ role: 'user' as const, content: 'Hello' }] };
    expect((await sdk.chat.completions.create(asked)).model).toBe('my-model');
    let streamed = '';
    for await (const chunk of await sdk.chat.completions.create({ ...asked, stream: true })) {
      streamed += chunk.choices[0]?.delta.content ?? '';
    }
    expect(streamed).toContain('Hello');
  });

  it('[T6] answers the raw JavaScript example as printed', async () => {
    const printed = `const response = await fetch(
"https://api.xerotier.ai/proj_ABC123/v1/models",
{
headers: {
"Authorization": "Bearer xero_my-project_abc123"
}
}
);
const data = await response.json();`;
    expect(await runJavaScript(printed, here, 'console.log(JSON.stringify(data));')).toMatchObject(models);
  });

  // As above: what Python's `requests` sends, sent here.
  it('[T6] answers the request of the raw Python example', async () => {
    const answer = await send(`${platform.apiBase('xerotier')}/${project.id}/v1/models`, {
      headers: {
        'user-agent': 'python-requests/2.32.5',
        'accept-encoding': 'gzip, deflate',
        accept: '*/*',
        connection: 'keep-alive',
        'content-type': 'application/json',
        ...bearer(key),
      },
    });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject(models);
  });
});
