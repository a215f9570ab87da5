/**
 * The first of these whose JSON fits into `bytesMax` together; one at least, so that whoever asks for the rest comes to an
 * end.
 */
export function fitPage<Item>(items: readonly Item[], bytesMax: number): Item[] {
  const page: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    if (page.length > 0 && bytes > bytesMax) break;
    page.push(item);
  }
  return page;
}
