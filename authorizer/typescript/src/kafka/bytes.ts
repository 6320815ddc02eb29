/** Kafka's primitive types, out of bytes and into bytes (docs/reference/kafka.md, "Requests"). */

/** Bytes from a broker that are no response to what was asked; the connection is of no more use. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads bytes from the front. Every method throws `Unreadable` where they end, or hold something else. */
export class Bytes {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }

  /** How many bytes are still to be read. */
  get left(): number {
    return this.#data.length - this.#at;
  }

  /** The next bytes; they share memory with what is read. */
  take(length: number): Buffer {
    const from = this.#advance(length);
    return this.#data.subarray(from, from + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  int8(): number {
    return this.#data.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.#data.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#data.readInt32BE(this.#advance(4));
  }

  int64(): bigint {
    return this.#data.readBigInt64BE(this.#advance(8));
  }

  /** An offset, or another count that is from 0 to 2^53 - 1. */
  natural(): number {
    const value = Number(this.int64());
    if (!Number.isSafeInteger(value) || value < 0) throw new Unreadable('a number beyond 0 to 2^53 - 1');
    return value;
  }

  string(): string {
    const text = this.nullableString();
    if (text === null) throw new Unreadable('a null string');
    return text;
  }

  nullableString(): string | null {
    const data = this.#sized(this.int16());
    return data === null ? null : utf8(data);
  }

  sized(): Buffer {
    const data = this.nullableSized();
    if (data === null) throw new Unreadable('null bytes');
    return data;
  }

  nullableSized(): Buffer | null {
    return this.#sized(this.int32());
  }

  /** The elements of an array. A count is no promise: elements are read until the bytes end. */
  array<T>(read: () => T): T[] {
    const elements = this.nullableArray(read);
    if (elements === null) throw new Unreadable('a null array');
    return elements;
  }

  nullableArray<T>(read: () => T): T[] | null {
    const count = this.int32();
    if (count < -1) throw new Unreadable('a negative count');
    const elements: T[] = [];
    while (elements.length < count) elements.push(read());
    return count === -1 ? null : elements;
  }

  /** The one element of an array that has one. */
  only<T>(read: () => T): T {
    if (this.int32() !== 1) throw new Unreadable('an answer about more or less than was asked');
    return read();
  }

  /** A zigzag varint of at most 5 bytes and 32 bits. */
  varint(): number {
    const first = this.#data[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at += 1;
      return (first >>> 1) ^ -(first & 1);
    }
    return Number(this.#zigzag(32n));
  }

  /** A zigzag varint of at most 10 bytes and 64 bits. */
  varlong(): bigint {
    return this.#zigzag(64n);
  }

  varSized(): Buffer | null {
    return this.#sized(this.varint());
  }

  #zigzag(bits: bigint): bigint {
    let value = 0n;
    for (let shift = 0n; shift < bits; shift += 7n) {
      const byte = this.#data.readUInt8(this.#advance(1));
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (value >> bits > 0n) break;
      return (value >> 1n) ^ -(value & 1n);
    }
    throw new Unreadable(`a varint of more than ${bits} bits`);
  }

  #sized(length: number): Buffer | null {
    return length === -1 ? null : this.take(length);
  }

  #advance(length: number): number {
    if (length < 0 || length > this.left) throw new Unreadable('a length that its bytes do not have');
    const from = this.#at;
    this.#at += length;
    return from;
  }
}

/** Text of UTF-8 bytes. Throws `Unreadable`. */
export function utf8(data: Uint8Array): string {
  try {
    return TEXT.decode(data);
  } catch {
    throw new Unreadable('text that is not UTF-8');
  }
}

export function int8(value: number): Buffer {
  return Buffer.of(value & 0xff);
}

export function int16(value: number): Buffer {
  const data = Buffer.alloc(2);
  data.writeInt16BE(value);
  return data;
}

export function int32(value: number): Buffer {
  const data = Buffer.alloc(4);
  data.writeInt32BE(value);
  return data;
}

export function int64(value: number): Buffer {
  const data = Buffer.alloc(8);
  data.writeBigInt64BE(BigInt(value));
  return data;
}

/** A string; null has length -1. */
export function string(text: string | null): Buffer {
  if (text === null) return int16(-1);
  const data = Buffer.from(text);
  return Buffer.concat([int16(data.length), data]);
}

/** Bytes behind their length. */
export function sized(data: Uint8Array): Buffer {
  return Buffer.concat([int32(data.length), data]);
}

/** An array of one element. */
export function one(element: Uint8Array): Buffer {
  return Buffer.concat([int32(1), element]);
}

/** A zigzag varint of a number of at most 31 bits. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.of(...bytes, rest);
}

/** Bytes behind their length as a varint; null has length -1. */
export function varSized(data: Uint8Array | null): Buffer {
  return data === null ? varint(-1) : Buffer.concat([varint(data.length), data]);
}
