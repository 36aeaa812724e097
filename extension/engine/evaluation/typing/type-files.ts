/** Types all files with one policy and measures it. */
import type { Clock } from './clock.ts';
import { figuresOf, type PolicyFigures } from './measures.ts';
import type { TypingPolicy } from './policy.ts';
import { Typist } from './typist.ts';
import type { TypingFile } from './typing-file.ts';
import { emptyLog } from './typing-log.ts';
import type { WorkMeter } from './work-meter.ts';

export interface TypeFilesOptions {
  readonly name: string;
  readonly policy: TypingPolicy;
  /** Watches the policy's model. */
  readonly meter: WorkMeter;
  readonly clock: Clock;
  /** The longest that is typed. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** @param fraction between 0 and 1, of the characters or of the time, whichever is more */
  readonly onProgress: (fraction: number) => void;
}

/** @throws whatever the policy throws */
export async function typeFiles(
  files: readonly TypingFile[],
  options: TypeFilesOptions,
): Promise<PolicyFigures> {
  const { name, policy, meter, clock, seconds } = options;
  const log = emptyLog();
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, options.signal]);
  const start = clock.now();
  const timeUp = clock.sleep(seconds * 1_000, signal).then(() => {
    ended.abort();
  });
  const wanted = charactersOf(files);
  const onProgress = () => {
    options.onProgress(Math.max(log.characters / wanted, (clock.now() - start) / (seconds * 1_000)));
  };
  try {
    for (const file of files) {
      if (signal.aborted) break;
      await new Typist(file, { policy, meter, clock, log, signal, onProgress }).type();
    }
  } finally {
    ended.abort();
    await timeUp;
    // What still runs counts too, and is told once it has ended.
    await policy.close();
  }
  return figuresOf(name, log, {
    perKey: meter.perKey(log.keys.length),
    requests: meter.requestFigures(),
    thrownAwayShare: meter.thrownAwayShare(),
  });
}

function charactersOf(files: readonly TypingFile[]): number {
  const edits = files.flatMap((file) => file.edits);
  return edits.reduce((sum, { start, end }) => sum + end - start, 0);
}
