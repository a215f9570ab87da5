import { CALLERS_MAX } from '@gatehouse/contracts/usage-report';
import type { DataSource } from 'typeorm';
import { COUNT_REPORT } from './count-report-statement.js';
import { DROP_OLD_CALLERS } from './drop-callers-statement.js';
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
    if (withNewCallers.length === 0) return;
    const keyIds = withNewCallers.map((row) => row.key_id);
    await this.dataSource.query(DROP_OLD_CALLERS, [keyIds, CALLERS_MAX]);
  }
}
