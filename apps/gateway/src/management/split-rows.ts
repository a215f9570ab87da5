/**
 * Groups rows so that no group's JSON is longer than `bytesMax`, in their order. A row that alone is longer has a group of
 * its own.
 */
export function splitRows<Row>(rows: readonly Row[], bytesMax: number): Row[][] {
  const groups: Row[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const rowBytes = Buffer.byteLength(JSON.stringify(row)) + 1;
    if (bytes + rowBytes > bytesMax) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(row);
    bytes += rowBytes;
  }
  return groups;
}
