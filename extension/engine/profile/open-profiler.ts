/** Opens a model to run it over texts, ended when its caller's signal is aborted. */
import type { NativeAddon } from '../addon.ts';
import type { NativeProfiler } from '../native-profiler.ts';
import { asEngineError } from '../errors.ts';

export interface ProfileTools<Progress> {
  readonly addon: NativeAddon;
  /** Aborted: what runs ends within one graph node. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

export interface OpenProfiler {
  readonly native: NativeProfiler;
  /** Frees the model. */
  close(): void;
}

const windowTokens = 512;
/** Of SiLU models, half of the neurons count as active: CATS leaves out as many at little loss (arXiv 2404.08763). */
const sparsity = 0.5;

/**
 * @param onLoading fraction between 0 and 1
 * @throws EngineError
 */
export async function openProfiler(
  { model: path, threads }: { readonly model: string; readonly threads: number },
  { addon, signal }: ProfileTools<never>,
  onLoading: (fraction: number) => void,
): Promise<OpenProfiler> {
  const options = { path, threads, window: windowTokens, sparsity };
  const native = await addon.openProfiler(options, onLoading).catch((thrown: unknown) => {
    throw asEngineError(thrown);
  });
  const cancel = () => {
    native.cancel();
  };
  signal.addEventListener('abort', cancel);
  return {
    native,
    close: () => {
      signal.removeEventListener('abort', cancel);
      native.dispose();
    },
  };
}
