/**
 * Every way in which the data plane may refuse a request: stable code -> status and plain message. A profile says the
 * same in its API's own words; what it does not mention is said in these.
 */
export const REFUSALS = {
  path_ambiguous: { status: 400, message: 'The request path is not in its plain form.' },
  request_malformed: { status: 400, message: 'The request cannot be understood.' },
  credential_repeated: { status: 400, message: 'The credential was sent more than once.' },
  credentials_disagree: { status: 400, message: 'Two different credentials were sent.' },
  credential_missing: { status: 401, message: 'An API key is required.' },
  credential_malformed: { status: 401, message: 'The credential header is not of the expected form.' },
  key_malformed: { status: 401, message: 'The API key is not valid.' },
  key_unknown: { status: 401, message: 'The API key is not valid.' },
  key_of_other_api: { status: 401, message: 'The API key is not valid.' },
  key_revoked: { status: 401, message: 'The API key has been revoked.' },
  key_disabled: { status: 401, message: 'The API key is disabled.' },
  key_expired: { status: 401, message: 'The API key has expired.' },
  scope_missing: { status: 403, message: 'The API key does not have the permission that this route needs.' },
  browser_refused: { status: 403, message: 'API keys are for servers only and must not be used in a browser.' },
  https_required: { status: 403, message: 'Only HTTPS is accepted here.' },
  route_unknown: { status: 404, message: 'This API has no such route.' },
  rate_limited: { status: 429, message: 'Rate limit exceeded. Retry after {retry_after} seconds.' },
  headers_too_large: { status: 431, message: 'The request headers are too large.' },
  upgrade_unsupported: { status: 501, message: 'Connection upgrades are not supported.' },
  upstream_unreachable: { status: 502, message: 'The API behind this gateway cannot be reached.' },
  verification_unavailable: { status: 503, message: 'The API key cannot be checked at the moment.' },
  limits_unavailable: { status: 503, message: 'The rate limits cannot be checked at the moment.' },
  draining: { status: 503, message: 'This gateway is being stopped.' },
  upstream_timeout: { status: 504, message: 'The API behind this gateway did not answer in time.' },
} as const;

export type RefusalCode = keyof typeof REFUSALS;
