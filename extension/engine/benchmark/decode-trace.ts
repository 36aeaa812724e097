/** What each device computes while the hybrid decoder decodes, after a benchmark. */
import type { NativeAddon, NativeTraceEvent } from '../addon.ts';
import { asEngineError, EngineError } from '../errors.ts';
import type { Benchmark } from './benchmark.ts';
import type { Contender } from './contenders.ts';
import { loadingText, Runner, type RunOptions } from './runner.ts';

/**
 * Of the last of the hybrid decoder's modes that took part.
 * @throws EngineError
 */
export async function decodeTrace(
  addon: NativeAddon,
  options: RunOptions,
  { rows }: Benchmark,
): Promise<NativeTraceEvent[]> {
  const last = rows.findLast(({ decoder }) => decoder === 'hybrid');
  if (last === undefined) {
    throw new EngineError('badInput', 'no mode of the hybrid decoder ran, so there is nothing to trace');
  }
  const contender: Contender = { decoder: 'hybrid', mode: last.mode };
  const onProgress = (fraction: number) => {
    options.onProgress(1, loadingText(contender, fraction));
  };
  try {
    const traced = { ...options, trace: true };
    const runner = await Runner.open(addon, contender, traced, onProgress);
    try {
      return await runner.decodeTrace();
    } finally {
      await runner.close();
    }
  } catch (error) {
    throw asEngineError(error);
  }
}
