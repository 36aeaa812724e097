/**
 * Whatever comes first: the value, or null when the signal is aborted. What is not waited for any more goes on by itself,
 * and nobody hears of its failure.
 */
export async function orAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  if (signal.aborted) {
    value.catch(() => undefined);
    return null;
  }
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<null>((resolve) => {
    onAbort = () => {
      resolve(null);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
