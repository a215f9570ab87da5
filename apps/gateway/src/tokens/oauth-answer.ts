/** The errors that our OAuth endpoints have (RFC 6749 section 5.2, RFC 7009 section 2.2.1), with what they are answered as. */
const OAUTH_ERRORS = {
  invalid_request: { status: 400, description: 'A parameter is missing, is there twice, or is not valid.' },
  invalid_client: { status: 401, description: 'There is no such client, or the token is of another one.' },
  invalid_grant: { status: 400, description: 'The refresh token is not valid.' },
  unsupported_grant_type: { status: 400, description: 'Only refresh_token is offered here.' },
} as const;

export type OauthError = keyof typeof OAUTH_ERRORS;

export interface OauthAnswer {
  readonly status: number;
  readonly body: object;
}

/** What OAuth clients understand; the management API's own form of errors is for its own clients. */
export function oauthError(error: OauthError): OauthAnswer {
  const { status, description } = OAUTH_ERRORS[error];
  return { status, body: { error, error_description: description } };
}
