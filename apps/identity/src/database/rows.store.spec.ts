import { inspect } from 'node:util';
import { startTestPostgres, type TestPostgres } from '@gatehouse/testing/postgres';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { inTransaction, rowsOf, StorageFault } from './rows.store.js';

describe('a statement', () => {
  let postgres: TestPostgres;
  let dataSource: DataSource;

  beforeAll(async () => {
    postgres = await startTestPostgres();
    dataSource = await new DataSource({ type: 'postgres', url: postgres.url }).initialize();
    await dataSource.query('CREATE TABLE addresses (address text PRIMARY KEY)');
    await dataSource.query(`INSERT INTO addresses VALUES ('ada@example.test')`);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await postgres.stop();
  });

  it('answers with its rows, whatever its verb', async () => {
    const { manager } = dataSource;
    const row = { address: 'bob@example.test' };
    expect(await rowsOf(manager, 'INSERT INTO addresses VALUES ($1) RETURNING address', [row.address])).toEqual([row]);
    expect(await rowsOf(manager, 'SELECT * FROM addresses WHERE address = $1', [row.address])).toEqual([row]);
    expect(
      await rowsOf(manager, 'UPDATE addresses SET address = $1 WHERE address = $1 RETURNING *', [row.address]),
    ).toEqual([row]);
    expect(await rowsOf(manager, 'DELETE FROM addresses WHERE address = $1 RETURNING *', [row.address])).toEqual([row]);
    expect(await rowsOf(manager, 'UPDATE addresses SET address = $1 WHERE false', ['x'])).toEqual([]);
  });

  it('that fails says which rule it broke, and shows none of its values [L-01]', async () => {
    const insert = 'INSERT INTO addresses VALUES ($1)';
    const failures = [
      rowsOf(dataSource.manager, insert, ['ada@example.test']),
      inTransaction(dataSource, (manager) => manager.query(insert, ['ada@example.test'])),
    ];
    for (const failure of failures) {
      const error: unknown = await failure.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StorageFault);
      expect(String(error)).toContain('addresses_pkey');
      expect(inspect(error, { depth: 10 })).not.toContain('ada@example.test');
    }
  });

  it('leaves nothing behind when its transaction fails', async () => {
    const failing = inTransaction(dataSource, async (manager) => {
      await rowsOf(manager, 'INSERT INTO addresses VALUES ($1)', ['eve@example.test']);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await rowsOf(dataSource.manager, 'SELECT * FROM addresses', [])).toHaveLength(1);
  });
});
