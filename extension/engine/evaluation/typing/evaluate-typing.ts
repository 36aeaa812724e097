/** Use case: what a person gets who types with a model, by this project's policy and by others, one after the other. */
import type { LoadModelParams } from '../../../protocol/requests.ts';
import type { OnProgress } from '../../benchmark/progress.ts';
import { asEngineError, EngineError } from '../../errors.ts';
import type { LoadModelTools } from '../../model/load-model.ts';
import { languageIdOf } from '../../profile/languages.ts';
import { readHeldOut } from '../held-out.ts';
import { wallClock } from './clock.ts';
import type { PolicyFigures } from './measures.ts';
import { policies, type PolicyName } from './policies/policies.ts';
import { typeFiles } from './type-files.ts';
import { secondsWithout, type TypingFile, typingFile, type TypingScript } from './typing-file.ts';
import { WorkMeter } from './work-meter.ts';

export interface TypingOptions extends TypingScript {
  readonly load: LoadModelParams;
  /** Files and folders. */
  readonly paths: readonly string[];
  readonly policies: readonly PolicyName[];
  /** The longest that is typed with one policy. */
  readonly seconds: number;
}

export interface TypingEvaluation {
  readonly model: string;
  /** What all of it takes to type once without suggestions, however much of it there was time for. */
  readonly secondsWithout: number;
  readonly policies: readonly PolicyFigures[];
}

export interface TypingTools extends Omit<LoadModelTools, 'onProgress'> {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/**
 * @returns null where the signal ended it
 * @throws EngineError
 */
export async function evaluateTyping(
  options: TypingOptions,
  tools: TypingTools,
): Promise<TypingEvaluation | null> {
  const files = filesOf(options);
  const total = files.reduce((sum, file) => sum + secondsWithout(file), 0);
  const seconds = Math.min(total, options.seconds);
  const figures: PolicyFigures[] = [];
  let model = '';
  try {
    for (const [index, name] of options.policies.entries()) {
      const onProgress = tellProgress(options.policies, index, seconds, tools.onProgress);
      const typed = await typeWith(name, files, options, { ...tools, onProgress });
      if (tools.signal.aborted) return null;
      model = typed.model;
      figures.push(typed.figures);
    }
  } catch (thrown) {
    if (tools.signal.aborted) return null;
    throw asEngineError(thrown);
  }
  return { model, secondsWithout: total, policies: figures };
}

/** @param seconds that one policy takes at most */
function tellProgress(
  names: readonly PolicyName[],
  index: number,
  seconds: number,
  onProgress: OnProgress,
): (fraction: number) => void {
  return (fraction) => {
    const done = index + fraction;
    const left = ((names.length - done) * seconds).toFixed(0);
    onProgress(done / names.length, `${names[index] ?? ''}, at most ${left} s left`);
  };
}

function filesOf(options: TypingOptions): TypingFile[] {
  const files = [...readHeldOut(options.paths).values()].flat();
  const typed = files.map((file) => typingFile(file, languageIdOf(file.path), options));
  const worthTyping = typed.filter(({ edits }) => edits.length > 0);
  if (worthTyping.length > 0) return worthTyping;
  throw new EngineError('badInput', `nothing worth typing in ${options.paths.join(', ')}: name longer files`);
}

/** With a model of its own, which has seen nothing yet. */
async function typeWith(
  name: PolicyName,
  files: readonly TypingFile[],
  { load, seconds }: TypingOptions,
  tools: LoadModelTools & Pick<TypingTools, 'signal'>,
): Promise<{ readonly model: string; readonly figures: PolicyFigures }> {
  const meter = new WorkMeter();
  const clock = wallClock;
  tools.onProgress(0);
  const addon = meter.watch(tools.addon);
  const policy = await policies[name]({ ...tools, addon, load, clock, onProgress: () => undefined });
  const figures = await typeFiles(files, { ...tools, name, policy, meter, clock, seconds });
  return { model: policy.model, figures };
}
