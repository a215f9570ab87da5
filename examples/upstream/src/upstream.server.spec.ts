import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { startExampleUpstream } from './upstream.server.js';

const NOW_MS = 1_700_000_000_000;
const jsonOf = async (response: Response) => JSON.parse(await response.text());

describe('example upstream', () => {
  let upstream: Awaited<ReturnType<typeof startExampleUpstream>>;
  let openai: OpenAI;

  beforeAll(async () => {
    upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1', wordDelayMs: 1, nowMs: () => NOW_MS });
    openai = new OpenAI({ apiKey: 'not-looked-at', baseURL: `${upstream.url}/v1`, maxRetries: 0 });
  });
  afterAll(() => upstream.stop());

  const post = (path: string, body: unknown) =>
    fetch(upstream.url + path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  const chat = (more: object = {}) =>
    post('/v1/chat/completions', { model: 'auto', messages: [{ role: 'user', content: 'Hello there' }], ...more });

  it('answers a chat completion with the same text every time', async () => {
    const [first, second] = await Promise.all([chat(), chat()].map(async (response) => jsonOf(await response)));
    expect(first).toEqual(second);
    expect(first).toMatchObject({
      object: 'chat.completion',
      created: NOW_MS / 1000,
      model: 'example-1',
      choices: [{ index: 0, message: { role: 'assistant' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 2 },
    });
    expect(first.choices[0].message.content).toContain('Hello there');
    expect(first.id).toMatch(/^chatcmpl-[0-9a-f]{24}$/);
    expect(first.usage.total_tokens).toBe(first.usage.prompt_tokens + first.usage.completion_tokens);
  });

  it('streams word by word: role first, the reason last, then [DONE]', async () => {
    const response = await chat({ stream: true });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = (await response.text()).split('\n\n').filter((event) => event !== '');
    expect(events.every((event) => event.startsWith('data: '))).toBe(true);
    expect(events.at(-1)).toBe('data: [DONE]');
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice('data: '.length)));
    expect(chunks[0].choices[0].delta.role).toBe('assistant');
    expect(chunks.at(-1).choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    const plain = await jsonOf(await chat());
    expect(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join('')).toBe(plain.choices[0].message.content);
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
  });

  it('arrives in many pieces, not in one', async () => {
    const body = (await chat({ stream: true })).body;
    let pieces = 0;
    for await (const _piece of body ?? []) pieces++;
    expect(pieces).toBeGreaterThan(3);
  });

  it('says the usage at the end of a stream where it was asked for, and stops at max_tokens', async () => {
    const text = await (await chat({ stream: true, stream_options: { include_usage: true }, max_tokens: 2 })).text();
    const chunks = text.split('\n\n').filter((event) => event.startsWith('data: {'));
    expect(JSON.parse(chunks.at(-1)?.slice(6) ?? '')).toMatchObject({ choices: [], usage: { completion_tokens: 2 } });
    expect(JSON.parse(chunks.at(-2)?.slice(6) ?? '').choices[0].finish_reason).toBe('length');
  });

  it('ends a stream whose client has left, so that a stop need not wait for it', async () => {
    const own = await startExampleUpstream({ port: 0, host: '127.0.0.1', wordDelayMs: 1 });
    const abort = new AbortController();
    const response = await fetch(`${own.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'auto',
        stream: true,
        messages: [{ role: 'user', content: 'word '.repeat(50_000) }],
      }),
      signal: abort.signal,
    });
    await response.body?.getReader().read();
    abort.abort();
    const startedMs = performance.now();
    await own.stop();
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });

  it('speaks to the official client: completion, stream, models, embeddings', async () => {
    const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }];
    const completion = await openai.chat.completions.create({ model: 'auto', messages });
    expect(completion.choices[0]?.message.content).toContain('Hi');
    let streamed = '';
    for await (const chunk of await openai.chat.completions.create({ model: 'auto', messages, stream: true })) {
      streamed += chunk.choices[0]?.delta.content ?? '';
    }
    expect(streamed).toBe(completion.choices[0]?.message.content);
    expect((await openai.models.list()).data.map((model) => model.id)).toContain('auto');
    expect((await openai.models.retrieve('auto')).owned_by).toBe('example');
    const asNumbers = await openai.embeddings.create({ model: 'auto', input: 'Hi', encoding_format: 'float' });
    const asBase64 = await openai.embeddings.create({ model: 'auto', input: ['Hi'] });
    expect(asBase64.data[0]?.embedding).toEqual(asNumbers.data[0]?.embedding);
    expect(asBase64.data[0]?.embedding).toHaveLength(8);
  });

  it.each([
    ['malformed JSON', '/v1/chat/completions', '{"model":', 400, 'invalid_json'],
    ['JSON that is no object', '/v1/chat/completions', '[1]', 400, 'invalid_json'],
    ['a chat without messages', '/v1/chat/completions', { model: 'auto' }, 400, 'missing_required_parameter'],
    ['a chat without a model', '/v1/chat/completions', { messages: [{}] }, 400, 'missing_required_parameter'],
    ['an input that is no text', '/v1/embeddings', { input: [1] }, 400, 'invalid_type'],
    ['an invoice over nothing', '/api/invoices', { customer: 'A', amount: 0 }, 400, 'invalid_type'],
    ['a path that it does not have', '/v1/nothing', {}, 404, 'unknown_url'],
    ['a body of more than a megabyte', '/v1/generate', 'x'.repeat(5_000_000), 413, 'body_too_large'],
  ])('refuses %s in the shape of an OpenAI error', async (_what, path, body, status, code) => {
    const response = await post(path, body);
    expect(response.status).toBe(status);
    const { error } = await jsonOf(response);
    expect(error).toMatchObject({ message: expect.any(String), type: 'invalid_request_error', code });
    expect(error).toHaveProperty('param');
  });

  it('has the plain routes of the other APIs', async () => {
    const invoices = await jsonOf(await fetch(`${upstream.url}/api/invoices?page=1`));
    expect(invoices.invoices).toHaveLength(2);
    expect(await jsonOf(await fetch(`${upstream.url}/api/invoices/inv_1001`))).toEqual(invoices.invoices[0]);
    expect((await fetch(`${upstream.url}/v1/models/other`)).status).toBe(404);
    const created = await post('/api/invoices', { customer: 'Northwind', amount: 1200 });
    expect([created.status, (await jsonOf(created)).invoice.amount]).toEqual([201, 1200]);
    expect((await jsonOf(await post('/v1/generate', { prompt: 'Hello, world!' }))).text).toContain('Hello, world!');
  });

  it('has the inference routes once more below a project, with and without an endpoint', async () => {
    const body = { model: 'llama-3.1-8b', messages: [{ role: 'user', content: 'Hello' }] };
    const chat = await jsonOf(await post('/proj_ABC123/my-endpoint/v1/chat/completions', body));
    expect(chat).toMatchObject({ object: 'chat.completion', model: 'llama-3.1-8b' });
    expect((await jsonOf(await fetch(`${upstream.url}/prj_7/v1/models`))).data).toHaveLength(3);
    expect((await fetch(`${upstream.url}/other/v1/models`)).status).toBe(404);
  });

  it.each([
    ['the list', 'GET', '/v1/portfolios', undefined, 200, { portfolios: expect.any(Array) }],
    ['one', 'GET', '/v1/portfolios/pf_1', undefined, 200, { id: 'pf_1', slug: 'income' }],
    ['a new one', 'POST', '/v1/portfolios', { name: 'Bonds', slug: 'bonds' }, 201, { slug: 'bonds', currency: 'USD' }],
    ['malformed JSON', 'POST', '/v1/portfolios', '{', 400, { error: 'invalid_request', details: {} }],
    ['a missing field', 'POST', '/v1/portfolios', { name: 'Bonds' }, 400, { error: 'invalid_request', details: {} }],
    [
      'a slug that is taken',
      'POST',
      '/v1/portfolios',
      { name: 'Mine', slug: 'income' },
      409,
      { error: 'conflict', details: {} },
    ],
    [
      'fields that are not valid',
      'POST',
      '/v1/portfolios',
      { name: '', slug: 'A b', currency: 7 },
      422,
      {
        error: 'validation_error',
        details: { name: expect.any(String), slug: expect.any(String), currency: expect.any(String) },
      },
    ],
    ['one that is not there', 'GET', '/v1/portfolios/pf_9', undefined, 404, { error: 'not_found', details: {} }],
    [
      'a path that it does not have',
      'DELETE',
      '/v1/portfolios/pf_1/x',
      undefined,
      404,
      { error: 'not_found', details: {} },
    ],
    ['a fault', 'GET', '/v1/portfolios/pf_broken', undefined, 500, { error: 'internal_error', details: {} }],
    [
      'a body of more than a megabyte',
      'POST',
      '/v1/portfolios',
      'x'.repeat(2_000_000),
      413,
      { error: 'invalid_request', details: {} },
    ],
  ])(
    'answers %s under the portfolios, errors in a form of their own',
    async (_, method, path, body, status, expected) => {
      const text = typeof body === 'object' ? JSON.stringify(body) : body;
      const answer = await fetch(upstream.url + path, { method, ...(text === undefined ? {} : { body: text }) });
      expect(answer.status).toBe(status);
      const said = await jsonOf(answer);
      expect(said).toMatchObject(expected);
      if (status >= 400) expect(Object.keys(said)).toEqual(['error', 'message', 'details']);
    },
  );

  it('shows what the gateway said of the caller, and no credential', async () => {
    const response = await fetch(`${upstream.url}/whoami`, {
      headers: {
        'x-gatehouse-organization': 'org_1',
        'x-gatehouse-identity': 'tok_1',
        authorization: 'Bearer k_1',
      },
    });
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({
      gatehouse: { 'x-gatehouse-organization': 'org_1', 'x-gatehouse-identity': 'present' },
      credentials: ['authorization'],
    });
    expect(text).not.toMatch(/k_1|tok_1/);
  });

  it('says which port is taken', async () => {
    const port = Number(new URL(upstream.url).port);
    await expect(startExampleUpstream({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
