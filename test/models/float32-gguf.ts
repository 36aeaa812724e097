/**
 * Writes a quantised GGUF file's weights as the numbers that they stand for, in float32: computed with those, nothing is rounded to
 * eight bits, and every decoder can be held against it. The types are those of the Q4_K_M files that tests read; see ggml's
 * `ggml-common.h` for how their blocks lie.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { aligned, ggufHeader, readGguf, type GgufTensor } from './gguf-bytes.ts';

const float32 = 0;

interface BlockType {
  readonly bytes: number;
  readonly weights: number;
  /** Writes the block at byte `at` to `weights` from `to` on. */
  readonly widen: (block: DataView, at: number, weights: Float32Array, to: number) => void;
}

/** By the type's number. */
const blockTypes: Readonly<Record<number, BlockType>> = {
  1: { bytes: 2, weights: 1, widen: (block, at, weights, to) => (weights[to] = half(block, at)) },
  6: { bytes: 22, weights: 32, widen: widenQ5_0 },
  8: { bytes: 34, weights: 32, widen: widenQ8_0 },
  12: { bytes: 144, weights: 256, widen: widenQ4_K },
  14: { bytes: 210, weights: 256, widen: widenQ6_K },
};

/** So many blocks are widened before they are written. */
const blocksAtOnce = 65_536;

/** @throws for a type that is not widened here */
export function writeFloat32Gguf(path: string, target: string): void {
  const { values, valueCount, tensors } = readGguf(path);
  const sizes = tensors.map(({ shape }) => 4 * shape.reduce((product, length) => product * length, 1));
  const file = openSync(target, 'w');
  try {
    const listed = tensors.map(({ header }, index) => ({
      header,
      type: float32,
      bytes: sizes[index] ?? NaN,
    }));
    writeSync(file, ggufHeader(valueCount, [values], listed));
    tensors.forEach((tensor, index) => {
      const bytes = sizes[index] ?? NaN;
      for (const part of widened(tensor, bytes / 4)) writeSync(file, part);
      writeSync(file, Buffer.alloc(aligned(bytes) - bytes));
    });
  } finally {
    closeSync(file);
  }
}

/** @param count of the tensor's weights: behind them its content is padded */
function* widened({ type, content }: GgufTensor, count: number): Generator<Buffer> {
  if (type === float32) {
    yield content.subarray(0, 4 * count);
    return;
  }
  const of = blockTypes[type];
  if (of === undefined) throw new Error(`tensor type ${type} is not widened`);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const blocks = count / of.weights;
  for (let first = 0; first < blocks; first += blocksAtOnce) {
    const some = Math.min(blocksAtOnce, blocks - first);
    const weights = new Float32Array(some * of.weights);
    for (let block = 0; block < some; block++) {
      of.widen(view, (first + block) * of.bytes, weights, block * of.weights);
    }
    yield Buffer.from(weights.buffer);
  }
}

function widenQ8_0(block: DataView, at: number, weights: Float32Array, to: number): void {
  const scale = half(block, at);
  for (let i = 0; i < 32; i++) weights[to + i] = scale * block.getInt8(at + 2 + i);
}

/** Four bits of two weights in each byte, and all fifth bits in front of them. */
function widenQ5_0(block: DataView, at: number, weights: Float32Array, to: number): void {
  const scale = half(block, at);
  const fifth = block.getUint32(at + 2, true);
  for (let i = 0; i < 32; i++) {
    const low = (block.getUint8(at + 6 + (i % 16)) >> (i < 16 ? 0 : 4)) & 15;
    weights[to + i] = scale * (low + 16 * ((fifth >>> i) & 1) - 16);
  }
}

/** Eight runs of 32 weights with a scale and a minimum of six bits each; two runs share 32 bytes. */
function widenQ4_K(block: DataView, at: number, weights: Float32Array, to: number): void {
  const scale = half(block, at);
  const minimum = half(block, at + 2);
  const packed = (index: number) => block.getUint8(at + 4 + index);
  for (let run = 0; run < 8; run++) {
    // The last four runs' high bits lie above the first four's own.
    const six =
      run < 4
        ? [packed(run) & 63, packed(run + 4) & 63]
        : [
            (packed(run + 4) & 15) | ((packed(run - 4) >> 6) << 4),
            (packed(run + 4) >> 4) | ((packed(run) >> 6) << 4),
          ];
    const [step, below] = [scale * (six[0] ?? NaN), minimum * (six[1] ?? NaN)];
    const start = at + 16 + 32 * (run >> 1);
    for (let i = 0; i < 32; i++) {
      weights[to + 32 * run + i] = step * ((block.getUint8(start + i) >> (4 * (run & 1))) & 15) - below;
    }
  }
}

/** Sixteen runs of 16 weights; of each half four low bits lie in 64 bytes and two high ones in 32. */
function widenQ6_K(block: DataView, at: number, weights: Float32Array, to: number): void {
  const scale = half(block, at + 208);
  for (let i = 0; i < 256; i++) {
    const [half, quarter, place] = [i >> 7, (i >> 5) & 3, i & 31];
    const low = (block.getUint8(at + 64 * half + 32 * (quarter & 1) + place) >> (4 * (quarter >> 1))) & 15;
    const high = (block.getUint8(at + 128 + 32 * half + place) >> (2 * quarter)) & 3;
    weights[to + i] = scale * block.getInt8(at + 192 + (i >> 4)) * (low + 16 * high - 32);
  }
}

/** A number of 16 bits: a sign, five bits of exponent, ten of fraction. */
function half(block: DataView, at: number): number {
  const bits = block.getUint16(at, true);
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -size : size;
}
