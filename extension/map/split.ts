/** Who would be hot at another θ, before the engine knows of it. */
import type { ShownLayer } from './messages.ts';

/**
 * What lies on the GPU stays hot, however seldom it fires.
 * @param frequencies [layers × neurons], of 255, the highest of each layer first
 */
export function splitAt(
  hotThreshold: number,
  layers: readonly ShownLayer[],
  neurons: number,
  frequencies: Uint8Array,
): ShownLayer[] {
  const least = hotThreshold * 255;
  return layers.map(({ gpu }, index) => {
    const row = frequencies.subarray(index * neurons, (index + 1) * neurons);
    const cold = row.findIndex((frequency) => frequency < least);
    return { gpu, hot: Math.max(gpu, cold < 0 ? neurons : cold) };
  });
}
