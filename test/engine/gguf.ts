/** Writes GGUF files that are wrong in just one way. Format: ggml's docs/gguf.md, version 3. */
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

const typeOfUint32 = 4;
const typeOfString = 8;

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([uint64(Buffer.byteLength(value)), Buffer.from(value)]);
}

function numberEntry(key: string, value: number): Buffer {
  return Buffer.concat([text(key), uint32(typeOfUint32), uint32(value)]);
}

/**
 * A model of one F32 matrix, valid but for its architecture. The file is sparse: it takes no room on the disk.
 * @param shape innermost dimension first
 */
export function writeModel(path: string, architecture: string, shape: readonly [number, number]): void {
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(3),
    uint64(1), // tensors
    uint64(4), // metadata entries
    ...[text('general.architecture'), uint32(typeOfString), text(architecture)],
    numberEntry(`${architecture}.block_count`, 1),
    numberEntry(`${architecture}.context_length`, 1024),
    numberEntry(`${architecture}.embedding_length`, shape[0]),
    ...[text('token_embd.weight'), uint32(2), uint64(shape[0]), uint64(shape[1]), uint32(0), uint64(0)],
  ]);
  const alignment = 32;
  const dataOffset = Math.ceil(header.length / alignment) * alignment;
  const file = openSync(path, 'w');
  writeSync(file, header);
  ftruncateSync(file, dataOffset + shape[0] * shape[1] * 4);
  closeSync(file);
}
