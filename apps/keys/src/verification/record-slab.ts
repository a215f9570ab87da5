/** Records begin at multiples of this, so that their places are small numbers and those of like lengths fit each other. */
const UNIT_BYTES = 32;
const CHUNK_BYTES = 1 << 20;
const UNITS_PER_CHUNK = CHUNK_BYTES / UNIT_BYTES;
const LENGTH_BYTES = 4;

/** Below this the freed is no waste worth mentioning. */
const FREED_BYTES_MIN = 32 * CHUNK_BYTES;

/**
 * Latin1 texts in memory that the garbage collector does not look through: of a million strings it would, again and
 * again. What is freed is used for texts that need as many units.
 */
export class RecordSlab {
  private chunks: Buffer[] = [];
  /** The first unit of the last chunk that was never used. */
  private begun = UNITS_PER_CHUNK;
  /** Number of units -> places of freed records of that size. */
  private readonly freed = new Map<number, number[]>();
  private usedUnits = 0;
  private freedUnits = 0;

  /** Whether more is freed, in sizes that nobody needs, than used: time to begin anew. */
  get isWasteful(): boolean {
    return this.freedUnits > this.usedUnits && this.freedUnits * UNIT_BYTES > FREED_BYTES_MIN;
  }

  /** @returns where the text is; undefined where it is longer than any record may be. */
  store(text: string): number | undefined {
    const units = unitsOf(text.length);
    if (units > UNITS_PER_CHUNK) return undefined;
    const place = this.reuse(units) ?? this.begin(units);
    const { chunk, offset } = this.at(place);
    chunk.writeUInt32LE(text.length, offset);
    chunk.write(text, offset + LENGTH_BYTES, 'latin1');
    this.usedUnits += units;
    return place;
  }

  /** A copy: what happens to the record later does not change it. */
  read(place: number): string {
    const { chunk, offset } = this.at(place);
    const start = offset + LENGTH_BYTES;
    return chunk.toString('latin1', start, start + chunk.readUInt32LE(offset));
  }

  free(place: number): void {
    const { chunk, offset } = this.at(place);
    const units = unitsOf(chunk.readUInt32LE(offset));
    const places = this.freed.get(units);
    if (places === undefined) this.freed.set(units, [place]);
    else places.push(place);
    this.usedUnits -= units;
    this.freedUnits += units;
  }

  clear(): void {
    this.chunks = [];
    this.begun = UNITS_PER_CHUNK;
    this.freed.clear();
    this.usedUnits = 0;
    this.freedUnits = 0;
  }

  private reuse(units: number): number | undefined {
    const place = this.freed.get(units)?.pop();
    if (place !== undefined) this.freedUnits -= units;
    return place;
  }

  private begin(units: number): number {
    if (this.begun + units > UNITS_PER_CHUNK) {
      this.chunks.push(Buffer.allocUnsafeSlow(CHUNK_BYTES));
      this.begun = 0;
    }
    const place = (this.chunks.length - 1) * UNITS_PER_CHUNK + this.begun;
    this.begun += units;
    return place;
  }

  private at(place: number): { chunk: Buffer; offset: number } {
    const chunk = this.chunks[Math.floor(place / UNITS_PER_CHUNK)];
    if (chunk === undefined) throw new Error('no record was ever stored there');
    return { chunk, offset: (place % UNITS_PER_CHUNK) * UNIT_BYTES };
  }
}

function unitsOf(length: number): number {
  return Math.ceil((LENGTH_BYTES + length) / UNIT_BYTES);
}
