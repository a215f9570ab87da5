/** What the management API needs to know of the installation. */
export interface ManagementSettings {
  readonly production: boolean;
  /** Whether cookies are `Secure`: in production, and wherever PUBLIC_URL is HTTPS. */
  readonly secureCookies: boolean;
  /** Origin of PUBLIC_URL. */
  readonly publicOrigin: string;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}

/** @param config NODE_ENV and the origin in PUBLIC_URL */
export function managementSettings(
  config: { readonly NODE_ENV: string; readonly PUBLIC_URL: string },
  nowMs: () => number,
): ManagementSettings {
  const production = config.NODE_ENV === 'production';
  return {
    production,
    secureCookies: production || config.PUBLIC_URL.startsWith('https://'),
    publicOrigin: config.PUBLIC_URL,
    nowMs,
  };
}

/** Names under which app.module.ts hands things in. */
export const SETTINGS = Symbol('settings');
export const CATALOG = Symbol('catalog');
export const SERVICES = Symbol('services');
export const IMPORT_PEPPERS = Symbol('import peppers');
export const UPSTREAM_IDENTITY_KEYS = Symbol('upstream identity keys');
export const VERIFICATION = Symbol('verification');
