/** Splits a GGUF file as llama.cpp's own tool does: `NAME-00001-of-00003.gguf`, the first part with all metadata. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ggufHeader, padded, readGguf, u32, u64 } from './gguf-bytes.ts';

/** @returns the paths of the parts, in order */
export function splitGguf(path: string, folder: string, name: string, count: number): string[] {
  const { values, valueCount, tensors } = readGguf(path);
  const perPart = Math.ceil(tensors.length / count);
  return Array.from({ length: count }, (_, part) => {
    const [from, to] = [part * perPart, Math.min(tensors.length, (part + 1) * perPart)];
    const split = [
      value('split.no', 2, part),
      value('split.count', 2, count),
      value('split.tensors.count', 5, tensors.length),
    ];
    const kept = part === 0 ? { bytes: values, count: valueCount } : { bytes: Buffer.alloc(0), count: 0 };
    const own = tensors.slice(from, to);
    const header = ggufHeader(
      kept.count + split.length,
      [kept.bytes, ...split],
      own.map((tensor) => ({ ...tensor, bytes: tensor.content.length })),
    );
    const target = join(folder, `${name}-${fiveDigits(part + 1)}-of-${fiveDigits(count)}.gguf`);
    writeFileSync(target, Buffer.concat([header, ...own.map(({ content }) => padded(content))]));
    return target;
  });
}

/** @param type 2: 16 bits without sign; 5: 32 bits with one */
function value(key: string, type: 2 | 5, number: number): Buffer {
  const content = Buffer.alloc(type === 2 ? 2 : 4);
  content.writeUIntLE(number, 0, content.length);
  return Buffer.concat([u64(key.length), Buffer.from(key), u32(type), content]);
}

function fiveDigits(number: number): string {
  return String(number).padStart(5, '0');
}
