/** `gatehouse signing-keys rotate --help`. */
export const ROTATE_HELP = `signing-keys rotate [options]

Lets the next key sign access tokens from now on, as happens by itself every 90 days. Tokens of the key before go on until
they expire. GATEHOUSE_TOKEN is an access token of the operator of the installation: no management key may do this.

  --drop   the key before may have leaked: remove it, and refuse every token that it signed within a minute. Whoever
           uses such a token has to renew it or sign in again
  --json   the answer as JSON`;
