/** The bytes of GGUF files: what tests need to write another file of one that there is. */
import { readFileSync } from 'node:fs';

/** Bytes of each type of metadata value, by its number; 8 is text, 9 an array. */
const valueBytes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const alignment = 32;

export interface GgufTensor {
  /** Name and shape, as they stand in the header. */
  readonly header: Buffer;
  readonly type: number;
  /** In numbers, the innermost first. */
  readonly shape: readonly number[];
  readonly content: Buffer;
}

export interface GgufFile {
  /** Metadata as it stands in the file. */
  readonly values: Buffer;
  readonly valueCount: number;
  readonly tensors: readonly GgufTensor[];
}

class Reader {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  u32(): number {
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }

  u64(): number {
    this.at += 8;
    return Number(this.bytes.readBigUInt64LE(this.at - 8));
  }

  skipText(): void {
    const length = this.u64();
    this.at += length;
  }

  skipValue(type: number): void {
    if (type === 8) this.skipText();
    else if (type === 9) {
      const of = this.u32();
      for (let left = this.u64(); left > 0; left--) this.skipValue(of);
    } else this.at += valueBytes[type] ?? NaN;
  }
}

export function readGguf(path: string): GgufFile {
  const reader = new Reader(readFileSync(path));
  reader.at = 8;
  const tensorCount = reader.u64();
  const valueCount = reader.u64();
  const valuesStart = reader.at;
  for (let left = valueCount; left > 0; left--) {
    reader.skipText();
    reader.skipValue(reader.u32());
  }
  const values = reader.bytes.subarray(valuesStart, reader.at);
  const listed = Array.from({ length: tensorCount }, () => readTensor(reader));
  const data = reader.bytes.subarray(aligned(reader.at));
  const tensors = listed.map(({ offset, ...tensor }, index) => ({
    ...tensor,
    content: data.subarray(offset, listed[index + 1]?.offset ?? data.length),
  }));
  return { values, valueCount, tensors };
}

function readTensor(reader: Reader) {
  const start = reader.at;
  reader.skipText();
  const shape = Array.from({ length: reader.u32() }, () => reader.u64());
  const header = reader.bytes.subarray(start, reader.at);
  return { header, shape, type: reader.u32(), offset: reader.u64() };
}

/** @returns all that stands in front of the tensors' contents, padded; each has its type and bytes, in the order of `tensors` */
export function ggufHeader(
  valueCount: number,
  values: readonly Buffer[],
  tensors: readonly { readonly header: Buffer; readonly type: number; readonly bytes: number }[],
): Buffer {
  let offset = 0;
  const placed = tensors.map(({ header, type, bytes }) => {
    const entry = Buffer.concat([header, u32(type), u64(offset)]);
    offset += aligned(bytes);
    return entry;
  });
  const start = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(valueCount)];
  return padded(Buffer.concat([...start, ...values, ...placed]));
}

export function aligned(at: number): number {
  return Math.ceil(at / alignment) * alignment;
}

export function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)]);
}

export function u32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

export function u64(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(number));
  return bytes;
}
