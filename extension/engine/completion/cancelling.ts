/** Native work that ends when a signal says so. */
import type { NativeModel } from '../addon.ts';

/** @returns what `work` resolves to; soon after the signal is aborted, with what is finished by then */
export async function cancelling<Result>(
  native: Pick<NativeModel, 'cancel'>,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const cancel = () => {
    native.cancel();
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const running = work();
    if (signal.aborted) cancel();
    return await running;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
