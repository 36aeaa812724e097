/** The CPU's seconds of a layer as a piecewise linear function of how many neurons the GPU takes. */
import { mostOnGpu, type Neurons } from './problem.ts';
import { remainingSeconds } from './token-time.ts';

/** Neurons are placed in batches of so many (PowerInfer, section 6.3). */
const batchNeurons = 64;

/** More pieces make the program slower and its answer no better: the rest is filled batch by batch anyway. */
const mostSegments = 16;

/** Neighbouring batches that the program counts together. */
export interface Segment {
  readonly batches: number;
  /** Of one batch. */
  readonly neurons: number;
  /** CPU seconds that one batch on the GPU saves, never rising from segment to segment. */
  readonly savedSeconds: number;
}

/** Neurons of one batch: 64, or the granularity where that is coarser. */
export function batchSize({ granularity }: Neurons): number {
  return Math.ceil(batchNeurons / granularity) * granularity;
}

/**
 * Pieces that save about the same each, so that the steep beginning is cut finely. Exact where a layer has no more batches
 * than pieces. The last, incomplete batch has a piece of its own.
 */
export function segmentsOf(neurons: Neurons): Segment[] {
  const most = mostOnGpu(neurons);
  const size = batchSize(neurons);
  const whole = Math.floor(most / size);
  const remaining = remainingSeconds(neurons.cpuSeconds);
  const saved = (from: number, to: number) => (remaining[from] ?? 0) - (remaining[to] ?? 0);

  const segments: Segment[] = [];
  const share = saved(0, whole * size) / mostSegments;
  for (let begin = 0; begin < whole;) {
    let end = begin + 1;
    const isExact = whole <= mostSegments;
    while (!isExact && end < whole && saved(begin * size, (end + 1) * size) <= share) end++;
    const batches = end - begin;
    segments.push({ batches, neurons: size, savedSeconds: saved(begin * size, end * size) / batches });
    begin = end;
  }
  const rest = most - whole * size;
  if (rest > 0) segments.push({ batches: 1, neurons: rest, savedSeconds: saved(whole * size, most) });
  return segments;
}
