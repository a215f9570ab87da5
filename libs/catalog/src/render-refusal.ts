import type { Profile, Template } from './profile-schema.js';
import { type RefusalWords, refusalWords } from './refusal-words.js';
import type { RefusalCode } from './refusals.js';
import { compileText, placeholdersOf, renderTemplate, type TemplateValues } from './render-template.js';

/** What the gateway knows of the refused request. Nothing of this is secret: a profile may show each of them. */
export interface RefusalValues {
  readonly request_id?: string | undefined;
  /** Seconds; said on 429 and 503, 1 where nothing is given. */
  readonly retry_after?: number | null | undefined;
  /** ISO 8601. */
  readonly expired_at?: string | null | undefined;
  /** Names a key only where the full secret was right [G6]. */
  readonly key_id?: string | null | undefined;
  /** The header that should have held, or held, the credential; by default the profile's first. */
  readonly header?: string | undefined;
  /** The scopes that the route needs. */
  readonly scopes?: readonly string[] | undefined;
  /** Field of a body -> what is wrong with it; empty where that is not the reason. */
  readonly errors?: Readonly<Record<string, string>> | undefined;
  /** What is to be proven yet, where a sign-in lacks it. */
  readonly second_factor?: SecondFactorChallenge | null | undefined;
}

/** As the platform's own sign-in has it. */
type SecondFactorChallenge = {
  readonly challenge: string;
  readonly methods: readonly string[];
  /** Seconds. */
  readonly expires_in: number;
};

export interface RenderedRefusal {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface CompiledRefusal {
  readonly words: RefusalWords;
  /** The whole body, where no value of the request is part of it. */
  readonly constantBody: string | undefined;
  readonly challenge: string | undefined;
  readonly isTemporary: boolean;
}

const compiled = new WeakMap<Profile, Map<RefusalCode, CompiledRefusal>>();

/**
 * Says a refusal in the dialect of an API: status, headers (content type, `Retry-After` on 429 and 503, the profile's
 * own `headers.limited` there, `WWW-Authenticate` as RFC 6750 section 3 has it) and body. Limit headers are separate.
 */
export function renderRefusal(profile: Profile, code: RefusalCode, values: RefusalValues): RenderedRefusal {
  const refusal = compiledRefusal(profile, code);
  const { status } = refusal.words;
  const retryAfter = values.retry_after ?? (refusal.isTemporary ? 1 : undefined);
  const headers: Record<string, string> = {
    'content-type': profile.errors.contentType,
    'cache-control': 'no-store',
  };
  if (refusal.isTemporary) {
    headers['retry-after'] = String(retryAfter);
    for (const [name, template] of Object.entries(profile.headers.limited)) {
      headers[name.toLowerCase()] = compileText(template)({ retry_after: retryAfter });
    }
  }
  if (refusal.challenge !== undefined) {
    const scopes = code === 'scope_missing' ? `, scope="${values.scopes?.join(' ') ?? ''}"` : '';
    headers['www-authenticate'] = refusal.challenge + scopes;
  }
  const body =
    refusal.constantBody ??
    renderBody(refusal.words, {
      ...gatewayValues(refusal.words, code),
      ...values,
      retry_after: retryAfter,
      errors: values.errors ?? {},
      header: values.header ?? profile.credentials[0]?.header,
    });
  return { status, headers, body };
}

function compiledRefusal(profile: Profile, code: RefusalCode): CompiledRefusal {
  const ofProfile = compiled.get(profile) ?? new Map<RefusalCode, CompiledRefusal>();
  const refusal = ofProfile.get(code) ?? compile(profile, code);
  compiled.set(profile, ofProfile.set(code, refusal));
  return refusal;
}

function compile(profile: Profile, code: RefusalCode): CompiledRefusal {
  const words = refusalWords(profile, code);
  const ofBody = [...placeholdersOf(words.body)];
  const ofFields = ofBody.flatMap((name) => [...placeholdersOf(ownField(words, name))]);
  const known = gatewayValues(words, code);
  const isConstant = [...ofBody.filter((name) => !Object.hasOwn(words.fields, name)), ...ofFields].every((name) =>
    Object.hasOwn(known, name),
  );
  return {
    words,
    constantBody: isConstant ? renderBody(words, known) : undefined,
    challenge: challenge(profile, code, words.status),
    isTemporary: words.status === 429 || words.status === 503,
  };
}

function ownField(words: RefusalWords, name: string): Template {
  return Object.hasOwn(words.fields, name) ? (words.fields[name] ?? null) : null;
}

function gatewayValues(words: RefusalWords, code: RefusalCode): TemplateValues {
  return { status: words.status, refusal: code };
}

function renderBody(words: RefusalWords, values: TemplateValues): string {
  const fields = renderTemplate(words.fields, values) as { readonly [field: string]: Template };
  return JSON.stringify(renderTemplate(words.body, { ...values, ...fields }));
}

/** Of a request whose body was to prove something: no credential of the API was looked at. */
const OF_SIGN_IN: ReadonlySet<RefusalCode> = new Set([
  'credentials_invalid',
  'second_factor_required',
  'second_factor_invalid',
  'refresh_token_invalid',
]);
const OF_TOKENS: ReadonlySet<RefusalCode> = new Set(['token_invalid', 'token_expired', 'token_ended', ...OF_SIGN_IN]);

/** No `error` where nothing was sent (RFC 6750 section 3.1); a header without a scheme has no registered challenge. */
function challenge(profile: Profile, code: RefusalCode, status: number): string | undefined {
  if (status !== 401 && code !== 'scope_missing') return undefined;
  const scheme = OF_TOKENS.has(code) ? 'Bearer' : (profile.credentials[0]?.scheme ?? 'ApiKey');
  const realm = `${scheme} realm="${profile.name}"`;
  if (code === 'credential_missing' || OF_SIGN_IN.has(code)) return realm;
  return `${realm}, error="${code === 'scope_missing' ? 'insufficient_scope' : 'invalid_token'}"`;
}
