import { type Answer, json } from './answer.js';

interface Portfolio {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly currency: string;
  readonly value: number;
}

const PORTFOLIOS: readonly Portfolio[] = [
  { id: 'pf_1', slug: 'income', name: 'Income', currency: 'USD', value: 125_000.5 },
  { id: 'pf_2', slug: 'growth', name: 'Growth', currency: 'USD', value: 98_200.25 },
];

/** Always fails, so that a client can see what a fault of its API looks like. */
const BROKEN = 'pf_broken';

const ROUTE = /^\/v1\/portfolios(?:\/([^/]+))?$/;

/** Whether a path is under the portfolios, whose errors have a form of their own. */
export function isAboutPortfolios(path: string): boolean {
  return path === '/v1/portfolios' || path.startsWith('/v1/portfolios/');
}

/** `/v1/portfolios`: list, one, create. Nothing is kept. @param body the parsed JSON object, if it was one */
export function answerPortfolios(method: string, path: string, body: Record<string, unknown> | undefined): Answer {
  const [matched, id] = ROUTE.exec(path) ?? [];
  if (matched !== undefined && id === undefined && method === 'GET') return json({ portfolios: PORTFOLIOS });
  if (matched !== undefined && id === undefined && method === 'POST') return createPortfolio(body);
  if (id === BROKEN) return refusePlainly(500, 'internal_error', 'Something went wrong on our side.');
  const found = method === 'GET' ? PORTFOLIOS.find((portfolio) => portfolio.id === id) : undefined;
  return found === undefined ? refusePlainly(404, 'not_found', `There is no ${method} ${path} here.`) : json(found);
}

/** A refusal as `{error, message, details}`. */
export function refusePlainly(
  status: number,
  error: string,
  message: string,
  details: Readonly<Record<string, string>> = {},
): Answer {
  return json({ error, message, details }, status);
}

function createPortfolio(body: Record<string, unknown> | undefined): Answer {
  if (body === undefined) return refusePlainly(400, 'invalid_request', 'The body must be a JSON object.');
  const { name, slug, currency = 'USD' } = body;
  if (name === undefined || slug === undefined) {
    return refusePlainly(400, 'invalid_request', 'The fields name and slug are required.');
  }
  const details: Record<string, string> = {};
  if (typeof name !== 'string' || name.trim() === '') details['name'] = 'must be a text that is not empty';
  if (typeof slug !== 'string' || !/^[a-z0-9-]{1,40}$/.test(slug))
    details['slug'] = 'must be a to z, 0 to 9 and hyphens';
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) details['currency'] = 'must be a code such as USD';
  if (Object.keys(details).length > 0) {
    return refusePlainly(422, 'validation_error', 'Some fields are not valid.', details);
  }
  if (PORTFOLIOS.some((portfolio) => portfolio.slug === slug)) {
    return refusePlainly(409, 'conflict', `There is a portfolio with the slug ${String(slug)} already.`);
  }
  return json({ id: 'pf_3', slug, name, currency, value: 0 }, 201);
}
