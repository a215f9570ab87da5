/**
 * THE error table of the management API (RFC 9457): stable code -> status and public title.
 * `docs/errors.md` is checked against it. Private detail goes to the log with the request id, never here.
 */
export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The request body is not valid JSON.' },
  invalid_request: { status: 400, title: 'The request is not valid.' },
  header_repeated: { status: 400, title: 'A header that may occur once was sent twice.' },
  authentication_required: { status: 401, title: 'Sign in, or send an access token.' },
  session_ended: { status: 401, title: 'The session has ended. Sign in again.' },
  token_invalid: { status: 401, title: 'The access token is not valid.' },
  token_expired: { status: 401, title: 'The access token has expired.' },
  credentials_invalid: { status: 401, title: 'The e-mail address or the password is wrong.' },
  claim_token_invalid: { status: 403, title: 'This set-up link is not valid, or was used before.' },
  csrf_token_invalid: { status: 403, title: 'The CSRF token is missing or does not belong to this session.' },
  origin_refused: { status: 403, title: 'Requests from this origin are not accepted.' },
  permission_denied: { status: 403, title: 'Your role does not allow this.' },
  https_required: { status: 403, title: 'Only HTTPS is accepted here.' },
  not_found: { status: 404, title: 'There is nothing here under this name.' },
  unknown_host: { status: 421, title: 'No API and no console is served under this host.' },
  method_not_allowed: { status: 405, title: 'This resource does not have that method.' },
  request_timeout: { status: 408, title: 'The request did not arrive in time.' },
  conflict: { status: 409, title: 'The change conflicts with what is there.' },
  idempotency_conflict: { status: 409, title: 'This Idempotency-Key was used for another request.' },
  body_too_large: { status: 413, title: 'The request body is too large.' },
  unsupported_media_type: { status: 415, title: 'The request body must be application/json.' },
  expectation_failed: { status: 417, title: 'Only 100-continue can be expected here.' },
  validation_error: { status: 422, title: 'A field is missing, unknown or not valid.' },
  too_many_attempts: { status: 429, title: 'Too many attempts. Try again later.' },
  headers_too_large: { status: 431, title: 'The request headers are too large.' },
  internal_error: { status: 500, title: 'Something failed on our side.' },
  service_unavailable: { status: 503, title: 'A part that this request needs is not available. Try again shortly.' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;
