/** Writes GGUF files that differ from good ones in just one way. Format: ggml's docs/gguf.md, version 3. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';

const typeOfUint32 = 4;
const typeOfFloat32 = 6;
const typeOfBool = 7;
const typeOfString = 8;
const typeOfArray = 9;
/** Magic, version, number of tensors; the number of keys follows, then the keys. */
const keyCountOffset = 16;
const keysOffset = 24;
const alignment = 32;

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
  const dataOffset = Math.ceil(header.length / alignment) * alignment;
  const file = openSync(path, 'w');
  writeSync(file, header);
  ftruncateSync(file, dataOffset + shape[0] * shape[1] * 4);
  closeSync(file);
}

export function flagEntry(key: string, value: boolean): Buffer {
  return Buffer.concat([text(key), uint32(typeOfBool), Buffer.of(value ? 1 : 0)]);
}

export function floatsEntry(key: string, values: readonly number[]): Buffer {
  const floats = Buffer.from(Float32Array.from(values).buffer);
  return Buffer.concat([
    text(key),
    uint32(typeOfArray),
    uint32(typeOfFloat32),
    uint64(values.length),
    floats,
  ]);
}

/** A copy of a model without the keys `hotset.prompt.path` and `hotset.confidence.weights`, but with `entries`. */
export function copyWithKeys(from: string, to: string, entries: readonly Buffer[]): void {
  const bytes = readFileSync(from);
  for (const key of ['hotset.prompt.path', 'hotset.confidence.weights']) hideKey(bytes, key);
  // The tensors' data begins at a multiple of the alignment, and all of it moves by one.
  const added = Buffer.concat(entries);
  const empty = Buffer.concat([text('test.filler'), uint32(typeOfString), text('')]);
  const filler = 'x'.repeat((2 * alignment - ((added.length + empty.length) % alignment)) % alignment);
  const last = Buffer.concat([text('test.filler'), uint32(typeOfString), text(filler)]);
  const keyCount = bytes.readBigUInt64LE(keyCountOffset) + BigInt(entries.length + 1);
  bytes.writeBigUInt64LE(keyCount, keyCountOffset);
  writeFileSync(to, Buffer.concat([bytes.subarray(0, keysOffset), added, last, bytes.subarray(keysOffset)]));
}

/** A copy of a model that knows no infilling tokens: neither by its keys nor by names that libllama would recognise. */
export function copyWithoutInfilling(from: string, to: string): void {
  const bytes = readFileSync(from);
  for (const name of ['pre', 'suf', 'mid']) {
    hideKey(bytes, `tokenizer.ggml.fim_${name}_token_id`);
    hideKey(bytes, `<${name.toUpperCase()}>`);
  }
  writeFileSync(to, bytes);
}

/** A copy of a model that loads, and whose weights are no numbers: the second half of its data is damaged. */
export function copyWithoutNumbers(from: string, to: string): void {
  const bytes = readFileSync(from);
  // Not a number in F32 and F16, and as the scale of every quantised block.
  bytes.fill(0xff, Math.floor(bytes.length / 2));
  writeFileSync(to, bytes);
}

/** A copy of a model that does not say how text is split before it becomes tokens. */
export function copyWithoutSplitting(from: string, to: string): void {
  const bytes = readFileSync(from);
  hideKey(bytes, 'tokenizer.ggml.pre');
  writeFileSync(to, bytes);
}

/** A copy of a model that names another token, by its number, for the middle of an infilling prompt. */
export function copyWithMiddle(from: string, to: string, token: number): void {
  const bytes = readFileSync(from);
  const key = text('tokenizer.ggml.fim_mid_token_id');
  const at = bytes.indexOf(key);
  if (at < 0) throw new Error(`${from} names no token for the middle`);
  bytes.writeUInt32LE(token, at + key.length + 4);
  writeFileSync(to, bytes);
}

/** Gives the key a name that nobody reads. */
function hideKey(bytes: Buffer, key: string): void {
  const at = bytes.indexOf(text(key));
  if (at >= 0) bytes.write('_', at + text(key).length - 1);
}
