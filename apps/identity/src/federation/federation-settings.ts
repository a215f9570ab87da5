/** One GitHub: the public one, or an Enterprise server. */
export interface GithubSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Origin of this GitHub. */
  readonly issuer: string;
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  readonly apiUrl: string;
  readonly callbackUrl: string;
}

export interface SsoSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly callbackUrl: string;
}

interface Environment {
  readonly PUBLIC_URL: string;
  readonly GITHUB_URL: string;
  readonly GITHUB_CLIENT_ID?: string | undefined;
  readonly GITHUB_CLIENT_SECRET?: string | undefined;
  readonly SSO_ISSUER?: string | undefined;
  readonly SSO_CLIENT_ID?: string | undefined;
  readonly SSO_CLIENT_SECRET?: string | undefined;
}

const PUBLIC_GITHUB = 'https://github.com';

/** The addresses of GitHub; an Enterprise server has its API under its own name. Undefined: GitHub is not configured. */
export function githubSettings(environment: Environment): GithubSettings | undefined {
  const { GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: clientSecret, PUBLIC_URL } = environment;
  if (clientId === undefined || clientSecret === undefined) return undefined;
  const issuer = new URL(environment.GITHUB_URL).origin;
  return {
    clientId,
    clientSecret,
    issuer,
    authorizationUrl: `${issuer}/login/oauth/authorize`,
    tokenUrl: `${issuer}/login/oauth/access_token`,
    apiUrl: apiOf(issuer),
    // Said by the installation, never by a request [O-07].
    callbackUrl: `${PUBLIC_URL}/auth/github/callback`,
  };
}

/** Undefined: SSO is not configured. */
export function ssoSettings(environment: Environment): SsoSettings | undefined {
  const { SSO_ISSUER: issuer, SSO_CLIENT_ID: clientId, SSO_CLIENT_SECRET: clientSecret, PUBLIC_URL } = environment;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return undefined;
  return { issuer, clientId, clientSecret, callbackUrl: `${PUBLIC_URL}/auth/sso/callback` };
}

/** GitHub itself, GitHub with data residency (a name under ghe.com), Enterprise Server. */
function apiOf(issuer: string): string {
  const { protocol, hostname } = new URL(issuer);
  if (issuer === PUBLIC_GITHUB) return 'https://api.github.com';
  return hostname.endsWith('.ghe.com') ? `${protocol}//api.${hostname}` : `${issuer}/api/v3`;
}
