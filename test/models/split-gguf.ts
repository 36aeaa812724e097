/** Splits a GGUF file as llama.cpp's own tool does: `NAME-00001-of-00003.gguf`, the first part with all metadata. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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

interface Tensor {
  /** Name, shape and type, as they stand in the header. */
  readonly header: Buffer;
  readonly offset: number;
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

/** @returns the paths of the parts, in order */
export function splitGguf(path: string, folder: string, name: string, count: number): string[] {
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
  const tensors = Array.from({ length: tensorCount }, () => readTensor(reader));
  const data = reader.bytes.subarray(aligned(reader.at));
  const ends = tensors.slice(1).map(({ offset }) => offset);
  const contents = tensors.map(({ offset }, index) => data.subarray(offset, ends[index] ?? data.length));

  const perPart = Math.ceil(tensorCount / count);
  return Array.from({ length: count }, (_, part) => {
    const [from, to] = [part * perPart, Math.min(tensorCount, (part + 1) * perPart)];
    const own = [
      value('split.no', 2, part),
      value('split.count', 2, count),
      value('split.tensors.count', 5, tensorCount),
    ];
    const kept = part === 0 ? { bytes: values, count: valueCount } : { bytes: Buffer.alloc(0), count: 0 };
    const header = [
      Buffer.from('GGUF'),
      u32(3),
      u64(to - from),
      u64(kept.count + own.length),
      kept.bytes,
      ...own,
    ];
    const placed = place(tensors.slice(from, to), contents.slice(from, to));
    const target = join(folder, `${name}-${fiveDigits(part + 1)}-of-${fiveDigits(count)}.gguf`);
    writeFileSync(
      target,
      Buffer.concat([padded(Buffer.concat([...header, ...placed.headers])), ...placed.data]),
    );
    return target;
  });
}

function readTensor(reader: Reader): Tensor {
  const start = reader.at;
  reader.skipText();
  for (let left = reader.u32(); left > 0; left--) reader.u64();
  reader.u32();
  const header = reader.bytes.subarray(start, reader.at);
  return { header, offset: reader.u64() };
}

function place(tensors: readonly Tensor[], contents: readonly Buffer[]) {
  const data = contents.map(padded);
  let offset = 0;
  const headers = tensors.map(({ header }, index) => {
    const placed = Buffer.concat([header, u64(offset)]);
    offset += data[index]?.length ?? 0;
    return placed;
  });
  return { headers, data };
}

/** @param type 2: 16 bits without sign; 5: 32 bits with one */
function value(key: string, type: 2 | 5, number: number): Buffer {
  const content = Buffer.alloc(type === 2 ? 2 : 4);
  content.writeUIntLE(number, 0, content.length);
  return Buffer.concat([u64(key.length), Buffer.from(key), u32(type), content]);
}

function aligned(at: number): number {
  return Math.ceil(at / alignment) * alignment;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)]);
}

function u32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

function u64(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(number));
  return bytes;
}

function fiveDigits(number: number): string {
  return String(number).padStart(5, '0');
}
