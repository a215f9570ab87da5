import { DataSource, type DataSourceOptions } from 'typeorm';
import { type ServiceDatabase, serviceUrl } from './service-database.js';

export interface ConnectOptions {
  readonly databaseUrl: string;
  readonly rootSecret: string;
  readonly database: ServiceDatabase;
  readonly entities: Exclude<DataSourceOptions['entities'], undefined>;
  readonly poolSize?: number;
  /** How much longer than usual a connection and an answer may take; 1 by default. */
  readonly deadlineFactor?: number | undefined;
}

/**
 * Connects a service to its own schema with its own role. The schema is never changed from here: that is the
 * migration's job, with another role.
 * @throws Error whose message names the server, not the password, where it cannot be reached.
 */
export async function connectDatabase(options: ConnectOptions): Promise<DataSource> {
  const factor = options.deadlineFactor ?? 1;
  const dataSource = new DataSource({
    type: 'postgres',
    url: serviceUrl(options.databaseUrl, options.rootSecret, options.database),
    schema: options.database.service,
    entities: options.entities,
    synchronize: false,
    poolSize: options.poolSize ?? 8,
    connectTimeoutMS: 3_000 * factor,
    applicationName: `gatehouse-${options.database.service}`,
    extra: { statement_timeout: 2_000 * factor, options: `-c search_path=${options.database.service}` },
  });
  try {
    return await dataSource.initialize();
  } catch (error) {
    const { hostname, port, pathname } = new URL(options.databaseUrl);
    throw new Error(
      `DATABASE_URL: cannot connect to ${hostname}:${port || 5432}${pathname}: ${(error as Error).message}`,
    );
  }
}
