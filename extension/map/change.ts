/** What a change of settings would do, line by line. */
import type { Foretold } from '../protocol/requests.ts';
import { bytes, memory, percent, rate } from './words.ts';

export interface Change {
  readonly name: string;
  readonly now: string;
  readonly then: string;
}

/**
 * @param measured tokens per second of late; null: none. What is foretold is scaled by it, since it counts neither drafts nor
 *   what else this machine does
 */
export function changes(now: Foretold, then: Foretold, measured: number | null): Change[] {
  const line = (name: string, text: (foretold: Foretold) => string) => ({
    name,
    now: text(now),
    then: text(then),
  });
  return [
    line('Hot neurons', ({ hot }) => percent(hot)),
    ...(now.gpu > 0 || then.gpu > 0 ? [line('Neurons on the GPU', ({ gpu }) => percent(gpu))] : []),
    line('Main memory', ({ mainMemoryBytes }) => memory(mainMemoryBytes)),
    ...(now.gpuBytes > 0 || then.gpuBytes > 0
      ? [line('GPU memory', ({ gpuBytes }) => memory(gpuBytes))]
      : []),
    line('Read for a token', ({ bytesPerToken }) => bytes(bytesPerToken)),
    // Until this machine is measured, which the map has done as soon as nothing computes, nobody can tell.
    ...(now.tokensPerSecond === null && then.tokensPerSecond === null
      ? []
      : [line('Expected tokens/s', (foretold) => expected(foretold, now, measured))]),
  ];
}

function expected({ tokensPerSecond }: Foretold, now: Foretold, measured: number | null): string {
  if (tokensPerSecond === null) return '–';
  if (measured === null || now.tokensPerSecond === null) return rate(tokensPerSecond);
  return rate((measured * tokensPerSecond) / now.tokensPerSecond);
}
