import { loadConfig } from '@gatehouse/config/environment.loader';
import { publicUrl } from '@gatehouse/config/variables';
import { z } from 'zod';

const shape = {
  GATEHOUSE_URL: publicUrl
    .refine((value) => {
      if (!URL.canParse(value)) return true;
      const { pathname, search, hash, username, password } = new URL(value);
      return pathname === '/' && `${search}${hash}${username}${password}` === '';
    }, 'must be an origin, such as https://gatehouse.example.com, without a path')
    .transform((value) => new URL(value).origin)
    .default('http://localhost:8080'),
  GATEHOUSE_TOKEN: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]+$/, 'must be one word of visible ASCII characters')
    .optional(),
  GATEHOUSE_CONFIG: z.string().optional(),
};

/**
 * Where the platform is, and as whom it is asked. The token is an access token or a management key.
 * @throws ConfigurationError that names every variable that is wrong, without its value
 */
export function cliConfig(environment: Readonly<Record<string, string | undefined>>) {
  return loadConfig(shape, environment);
}
export type CliConfig = ReturnType<typeof cliConfig>;
