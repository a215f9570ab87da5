import type { DataSource } from 'typeorm';
import { COUNT_REPORT } from './count-report-statement.js';
import { meetNewCallers } from './new-callers.store.js';
import type { UsageRows } from './rows-of-report.js';

/** Adds what gateways report to what is known, with one statement for each report, however many keys it has. */
export class UsageReportsStore {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Counts a report, once however often it comes. What it says of keys that do not exist is dropped.
   * @throws where it cannot say that the report was counted
   */
  async count(reportId: string, rows: UsageRows, nowMs: number): Promise<void> {
    const { keys, secrets, callers, hours, scopes, requests } = rows;
    const asJson = [keys, secrets, callers, hours, scopes, requests].map((table) => JSON.stringify(table));
    const withNewCallers: { key_id: string }[] = await this.dataSource.query(COUNT_REPORT, [
      reportId,
      new Date(nowMs),
      ...asJson,
    ]);
    await meetNewCallers(
      this.dataSource.manager,
      withNewCallers.map((row) => row.key_id),
      nowMs,
    );
  }
}
