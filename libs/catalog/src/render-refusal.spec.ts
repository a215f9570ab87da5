import { describe, expect, it } from '@jest/globals';
import { type Profile, profileSchema } from './profile-schema.js';
import { REFUSALS, type RefusalCode } from './refusals.js';
import { renderRefusal } from './render-refusal.js';

const codes = Object.keys(REFUSALS) as RefusalCode[];

function profile(errors: object, more: object = {}): Profile {
  return profileSchema.parse({
    name: 'acme',
    key: { prefixes: { live: 'ac_' } },
    credentials: [{ header: 'Authorization', scheme: 'Bearer' }],
    scopes: {},
    plans: { free: {} },
    defaultPlan: 'free',
    errors,
    ...more,
  });
}

const body = (rendered: { body: string }) => JSON.parse(rendered.body);

describe('renderRefusal', () => {
  it('says what a profile does not mention in plain words, with the status that the code has', () => {
    const plain = profile({ body: { code: '{refusal}', status: '{status}', text: '{message}' } });
    for (const code of codes) {
      const rendered = renderRefusal(plain, code, { retry_after: 7 });
      expect(rendered.status).toBe(REFUSALS[code].status);
      const text = REFUSALS[code].message.replace('{retry_after}', '7');
      expect(body(rendered)).toEqual({ code, status: REFUSALS[code].status, text });
      expect(rendered.headers['content-type']).toBe('application/json');
    }
  });

  it('takes the words of the refusal over those of its status over the default ones, field by field', () => {
    const layered = profile({
      body: { type: '{type}', code: '{code}', message: '{message}' },
      fallback: { default: { type: 'd', code: 'd' }, '401': { type: 's' } },
      refusals: { key_revoked: { message: 'gone' }, key_expired: { status: 410, type: 'own' } },
    });
    expect(body(renderRefusal(layered, 'key_revoked', {}))).toEqual({ type: 's', code: 'd', message: 'gone' });
    const expired = renderRefusal(layered, 'key_expired', {});
    expect(expired.status).toBe(410);
    expect(body(expired)).toEqual({ type: 'own', code: 'd', message: REFUSALS.key_expired.message });
  });

  it('[A11] gives one refusal a body of its own, with numbers as numbers', () => {
    const altrixy = profile({
      body: { error: '{code}', message: '{message}', details: '{details}' },
      fallback: { default: { code: 'internal_error', details: {} }, '401': { code: 'unauthorized' } },
      refusals: {
        rate_limited: {
          message: 'Rate limit exceeded. Try again in {retry_after} seconds.',
          body: { error: 'rate_limit_exceeded', message: '{message}', retry_after: '{retry_after}' },
        },
      },
    });
    const limited = renderRefusal(altrixy, 'rate_limited', { retry_after: 45 });
    expect(limited.body).toBe(
      '{"error":"rate_limit_exceeded","message":"Rate limit exceeded. Try again in 45 seconds.","retry_after":45}',
    );
    expect(limited.headers['retry-after']).toBe('45');
    expect(body(renderRefusal(altrixy, 'key_unknown', {}))).toEqual({
      error: 'unauthorized',
      message: 'The API key is not valid.',
      details: {},
    });
  });

  it('[G6] [G7] [G8] fills details with the facts of the request, null where there are none', () => {
    const generic = profile({
      body: { success: false, error: { code: '{code}', message: '{message}', details: '{details}' } },
      fallback: {
        default: { code: '{refusal}', details: {} },
        '401': { code: 'INVALID_API_KEY', details: { key_id: '{key_id}' } },
      },
      refusals: {
        key_expired: { code: 'EXPIRED_API_KEY', details: { expired_at: '{expired_at}' } },
        credential_missing: { code: 'MISSING_API_KEY', details: { header: '{header}' } },
      },
    });
    const error = (code: RefusalCode, values: object) => body(renderRefusal(generic, code, values)).error;
    expect(error('key_revoked', { key_id: 'key_1' }).details).toEqual({ key_id: 'key_1' });
    expect(error('key_unknown', { key_id: null }).details).toEqual({ key_id: null });
    expect(error('key_expired', { expired_at: '2024-01-01T00:00:00Z' }).details).toEqual({
      expired_at: '2024-01-01T00:00:00Z',
    });
    expect(error('credential_missing', {}).details).toEqual({ header: 'Authorization' });
    expect(error('route_unknown', {}).code).toBe('route_unknown');
  });

  it('always says when to come back on 429 and 503, and nowhere else', () => {
    const limited = profile({ body: '{message}' }, { headers: { limited: { 'X-Retry-In': '{retry_after} s' } } });
    for (const code of codes) {
      const { status, headers } = renderRefusal(limited, code, {});
      const temporary = status === 429 || status === 503;
      expect([code, headers['retry-after'], headers['x-retry-in']]).toEqual(
        temporary ? [code, '1', '1 s'] : [code, undefined, undefined],
      );
    }
  });

  it('challenges as RFC 6750 section 3.1 says: no error where nothing was sent, the scopes where they lack', () => {
    const bearer = profile({ body: '{message}' });
    const challenge = (code: RefusalCode) =>
      renderRefusal(bearer, code, { scopes: ['a', 'b'] }).headers['www-authenticate'];
    expect(challenge('credential_missing')).toBe('Bearer realm="acme"');
    expect(challenge('key_revoked')).toBe('Bearer realm="acme", error="invalid_token"');
    expect(challenge('scope_missing')).toBe('Bearer realm="acme", error="insufficient_scope", scope="a b"');
    expect(challenge('browser_refused')).toBeUndefined();
    expect(challenge('rate_limited')).toBeUndefined();
    const header = profile({ body: '{message}' }, { credentials: [{ header: 'X-API-Key' }] });
    expect(renderRefusal(header, 'credential_missing', {}).headers['www-authenticate']).toBe('ApiKey realm="acme"');
  });

  it('does not tell an unknown key from a malformed one or from one of another API', () => {
    const plain = profile({ body: { text: '{message}' } });
    const answers = (['key_unknown', 'key_malformed', 'key_of_other_api'] as const).map((code) =>
      renderRefusal(plain, code, {}),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it('does not let one request see the values of another', () => {
    const plain = profile({ body: { id: '{request_id}', text: '{message}' } });
    renderRefusal(plain, 'key_unknown', { request_id: 'first' });
    expect(body(renderRefusal(plain, 'key_unknown', { request_id: 'second' })).id).toBe('second');
    expect(body(renderRefusal(plain, 'key_unknown', {})).id).toBeNull();
  });
});
