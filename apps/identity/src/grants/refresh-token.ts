import { hashSecretToken, newSecretToken, type SecretToken } from '../tokens/secret-token.js';

/** A new refresh token: 256 random bits behind what the API's refresh tokens begin with. Kept as the hash of the whole. */
export function newRefreshToken(prefix: string): SecretToken {
  const token = prefix + newSecretToken().token;
  return { token, hash: hashSecretToken(token) };
}
