/** What a model takes of main memory while it completes. */
import { cacheBytesPerToken, type CostedModel, isMappedFromCache } from './step-cost.ts';
import { weightsOf } from './weights.ts';

export interface MemoryNeed {
  /** Bytes of no other process. */
  readonly privateBytes: number;
  /** Bytes of files, one copy for all windows; the system may drop them and read them again. */
  readonly mappedBytes: number;
}

/** Of the KV cache, so that two documents keep theirs: `native/src/decode/open_model.cpp`. */
const contexts = 2;
/** Activations of a chunk, logits, the threads' own: `native/src/decode/memory_check.cpp`. */
const workingBytes = 64 * 2 ** 20;
/** The engine before it holds a model, without the libraries that other processes share. */
const processBytes = 80e6;
/** @param contextLength tokens */
export function memoryNeed({ shape, quantisation }: CostedModel, contextLength: number): MemoryNeed {
  const weights = weightsOf(shape, quantisation);
  const bytesOf = (isEmbedding: boolean) =>
    weights
      .filter(({ part }) => (part === 'embedding') === isEmbedding)
      .reduce((sum, { bytes }) => sum + bytes, 0);
  const packed = bytesOf(false);
  const isMapped = isMappedFromCache(packed);
  const cache = contexts * contextLength * cacheBytesPerToken(shape);
  return {
    privateBytes: processBytes + cache + workingBytes + (isMapped ? 0 : packed),
    mappedBytes: bytesOf(true) + (isMapped ? packed : 0),
  };
}
