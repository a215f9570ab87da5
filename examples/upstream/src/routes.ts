import { type Answer, json, refuse } from './answer.js';
import { completeChat, replyTo, usageOf } from './chat-completion.js';
import { embed } from './embeddings.js';
import { answerPortfolios, isAboutPortfolios, refusePlainly } from './portfolios.js';
import { describeCaller } from './whoami.js';

/** A request as the routes see it. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body's text; empty where there is none. */
  readonly body: string;
  readonly nowSeconds: number;
}

type Handler = (body: Record<string, unknown>, request: UpstreamRequest) => Answer;

const INVOICES = [
  { id: 'inv_1001', customer: 'Northwind', amount: 12_000, currency: 'EUR', status: 'paid' },
  { id: 'inv_1002', customer: 'Contoso', amount: 4_550, currency: 'EUR', status: 'open' },
];

const WEBHOOKS = [{ id: 'wh_1', url: 'https://hooks.example.com/1', events: ['generation.done'] }];

const MODELS = ['auto', 'example-1', 'example-embedding-1'].map((id) => ({
  id,
  object: 'model',
  created: 0,
  owned_by: 'example',
}));

/** Every route that the example has; none of them keeps anything. */
const ROUTES: Readonly<Record<string, Handler>> = {
  'POST /v1/chat/completions': (body, request) => completeChat(body, request.nowSeconds),
  'POST /v1/embeddings': (body) => embed(body),
  'GET /v1/models': () => json({ object: 'list', data: MODELS }),
  'GET /v1/models/:id': (_body, request) => find(MODELS, request.path),
  'POST /v1/generate': generate,
  'POST /v1/documents': ({ title }) => json({ id: 'doc_1', title: title ?? 'Untitled' }, 201),
  'GET /v1/webhooks': () => json({ webhooks: WEBHOOKS }),
  'GET /v1/admin/members': () => json({ members: [{ id: 'mem_1', name: 'Ada' }] }),
  'GET /api/invoices': () => json({ invoices: INVOICES }),
  'GET /api/invoices/:id': (_body, request) => find(INVOICES, request.path),
  'POST /api/invoices': createInvoice,
  'GET /whoami': (_body, request) => json(describeCaller(request.headers)),
};

/** Inference endpoints of a project: the same routes below `/<project>/<endpoint>`, or below `/<project>`. */
const OF_A_PROJECT = /^\/pro?j_[^/]+(?:\/[^/]+)?(?=\/v1\/)/;

/** What the example upstream says to a request. */
export function answer(request: UpstreamRequest): Answer {
  const { method } = request;
  if (isAboutPortfolios(request.path)) return answerPortfolios(method, request.path, parseObject(request.body));
  const path = request.path.replace(OF_A_PROJECT, '');
  const handler = ROUTES[`${method} ${path}`] ?? ROUTES[`${method} ${path.replace(/[^/]+$/, ':id')}`];
  if (handler === undefined)
    return refuse(404, 'unknown_url', `Unknown request URL: ${request.method} ${request.path}`);
  if (request.method === 'GET') return handler({}, request);
  const body = parseObject(request.body);
  if (body === undefined) return refuse(400, 'invalid_json', 'The body of the request must be a JSON object.');
  return handler(body, request);
}

/** A body that is longer than anything here needs. */
export function refuseLongBody(path: string, maxBytes: number): Answer {
  const message = `The body may have ${maxBytes} bytes.`;
  return isAboutPortfolios(path)
    ? refusePlainly(413, 'invalid_request', message)
    : refuse(413, 'body_too_large', message);
}

function find(things: readonly { readonly id: string }[], path: string): Answer {
  const id = path.slice(path.lastIndexOf('/') + 1);
  const found = things.find((thing) => thing.id === id);
  return found === undefined ? refuse(404, 'not_found', `There is no ${id} here.`) : json(found);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function generate(body: Record<string, unknown>): Answer {
  const { prompt, model } = body;
  if (typeof prompt !== 'string') return refuse(400, 'invalid_type', 'prompt must be a text', 'prompt');
  const text = replyTo(prompt);
  return json({
    object: 'generation',
    model: model ?? 'example-1',
    text,
    usage: usageOf(prompt, text.split(' ').length),
  });
}

function createInvoice(body: Record<string, unknown>): Answer {
  const { customer, amount, currency } = body;
  if (typeof customer !== 'string' || customer === '') {
    return refuse(400, 'invalid_type', 'customer must be a text', 'customer');
  }
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount <= 0) {
    return refuse(400, 'invalid_type', 'amount must be a whole number of cents above 0', 'amount');
  }
  const invoice = { id: 'inv_1003', customer, amount, currency: currency ?? 'EUR', status: 'open' };
  return json({ invoice }, 201);
}
