/**
 * Tells whether a digest was met of late: a table with the last digest of each place, so that meeting another one there
 * forgets it. Of a digest that was never met it says so but for one in 2^32.
 * @param places a power of two.
 */
export function seenLately(places: number): (digest: Buffer) => boolean {
  const marks = new Uint32Array(places);
  return (digest) => {
    const place = digest.readUInt32LE(0) & (places - 1);
    const mark = digest.readUInt32LE(4);
    if (marks[place] === mark) return true;
    marks[place] = mark;
    return false;
  };
}
