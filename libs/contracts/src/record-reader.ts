/** A record that cannot be read: a fault of the peer, never of a client. */
export class MalformedRecord extends Error {}

/** Reads fixed-order binary records, refusing to read past the end. */
export class RecordReader {
  private offset = 0;
  private readonly bytes: Buffer;

  constructor(payload: Uint8Array) {
    this.bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  }

  u8(): number {
    return this.bytes[this.advance(1)] as number;
  }

  u16(): number {
    return this.bytes.readUInt16LE(this.advance(2));
  }

  u32(): number {
    return this.bytes.readUInt32LE(this.advance(4));
  }

  /** A whole number that JavaScript can hold. */
  safeInteger(): number {
    const start = this.advance(8);
    const value = this.bytes.readUInt32LE(start) + this.bytes.readUInt32LE(start + 4) * 2 ** 32;
    if (!Number.isSafeInteger(value)) throw new MalformedRecord('a number is larger than any that is sent');
    return value;
  }

  /** A view, not a copy: valid as long as the message is. */
  raw(length: number): Buffer {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  latin1(length: number): string {
    const start = this.advance(length);
    return this.bytes.toString('latin1', start, start + length);
  }

  /** A record that goes on after its last field was written by something else than our encoder. */
  end(): void {
    if (this.offset !== this.bytes.length) throw new MalformedRecord('the record is longer than its content');
  }

  private advance(length: number): number {
    const start = this.offset;
    if (start + length > this.bytes.length) throw new MalformedRecord('the record ends early');
    this.offset = start + length;
    return start;
  }
}
