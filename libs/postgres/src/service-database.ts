import { deriveSecret } from '@gatehouse/config/derive-secret';

/** A service's share of the database: the schema and the role have the same name. */
export interface ServiceDatabase {
  /** `keys`, `identity`: names the schema, and with the prefix `gatehouse_` the role. */
  readonly service: string;
}

export function roleOf(database: ServiceDatabase): string {
  return `gatehouse_${database.service}`;
}

/** The password of a service's role, derived from the root secret: nobody has to hand it out. */
export function rolePassword(rootSecret: string, database: ServiceDatabase): string {
  return deriveSecret(rootSecret, `database-role:${database.service}`).toString('hex');
}

/** The address at which a service connects: the given server and database, but its own role and schema. */
export function serviceUrl(databaseUrl: string, rootSecret: string, database: ServiceDatabase): string {
  const url = new URL(databaseUrl);
  url.username = roleOf(database);
  url.password = rolePassword(rootSecret, database);
  return url.toString();
}
