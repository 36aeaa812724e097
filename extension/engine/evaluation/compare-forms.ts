/** Use case: the same lines asked for in several prompt forms, side by side. */
import type { LoadModelParams } from '../../protocol/requests.ts';
import { Progress } from '../benchmark/progress.ts';
import { formName, type PromptForm } from '../completion/prompt/prompt-form.ts';
import { asEngineError } from '../errors.ts';
import { loadModel, type LoadedModel } from '../model/load-model.ts';
import type { EvaluationTools } from './evaluate-infilling.ts';
import { lineTasks } from './line-tasks.ts';
import { openMaterial, requireInfilling, type Material, type MaterialOptions } from './material.ts';
import { solveHumanEval, type HumanEvalScore } from './solve-human-eval.ts';
import { solveLine } from './solve-line.ts';
import { suggestWith, type Suggest } from './suggest.ts';

export interface ComparisonOptions extends MaterialOptions {
  readonly load: LoadModelParams;
  readonly forms: readonly PromptForm[];
  /** Lines asked for, of each language. */
  readonly tasks: number;
  readonly seed: number;
}

export interface FormScore {
  readonly form: string;
  /** By language. */
  readonly lines: Readonly<Record<string, LineScore>>;
  readonly humaneval: HumanEvalScore | null;
}

export interface LineScore {
  tasks: number;
  exact: number;
}

export interface FormComparison {
  readonly model: string;
  readonly forms: readonly FormScore[];
}

/**
 * @returns null where the signal ended it
 * @throws EngineError
 */
export async function compareForms(
  options: ComparisonOptions,
  tools: EvaluationTools,
): Promise<FormComparison | null> {
  const material = await openMaterial(options);
  const progress = new Progress(tools.onProgress);
  const onProgress = (fraction: number) => {
    progress.tell(`loading, ${(fraction * 100).toFixed(0)}%`);
  };
  const model = await loadModel(options.load, { ...tools, onProgress });
  try {
    requireInfilling(model);
    const forms = options.forms.map((form) => contender(form, model, material, tools.signal));
    await askForLines(options, material, forms, progress);
    await askForHumanEval(material, forms, tools.signal, progress);
    return { model: model.description.name, forms: forms.map(({ score }) => score) };
  } catch (thrown) {
    if (tools.signal.aborted) return null;
    throw asEngineError(thrown);
  } finally {
    model.native.dispose();
  }
}

interface Contender {
  readonly suggest: Suggest;
  readonly score: FormScore;
}

function contender(form: PromptForm, model: LoadedModel, material: Material, signal: AbortSignal): Contender {
  const languages = [...material.heldOut.keys()].map(
    (language) => [language, { tasks: 0, exact: 0 }] as const,
  );
  const humaneval = material.sandbox === null ? null : { tasks: 0, exact: 0, passed: 0 };
  return {
    suggest: suggestWith(model, signal, form),
    score: { form: formName(form), lines: Object.fromEntries(languages), humaneval },
  };
}

async function askForLines(
  { tasks: count, seed }: ComparisonOptions,
  { heldOut }: Material,
  forms: readonly Contender[],
  progress: Progress,
): Promise<void> {
  progress.expect(count * heldOut.size);
  for (const [language, files] of heldOut) {
    for (const task of lineTasks(files, count, `${String(seed)}:lines:${language}`)) {
      progress.tell(`lines of ${language}`);
      for (const { suggest, score } of forms) {
        const line = score.lines[language];
        const record = await solveLine(task, language, suggest);
        if (line === undefined) continue;
        line.tasks++;
        if (record?.right === true) line.exact++;
      }
      progress.step();
    }
  }
}

async function askForHumanEval(
  { humanEval, sandbox }: Material,
  forms: readonly Contender[],
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  progress.expect(humanEval.length);
  for (const task of humanEval) {
    progress.tell('HumanEval');
    for (const { suggest, score } of forms) {
      if (sandbox === null || score.humaneval === null) continue;
      await solveHumanEval(task, score.humaneval, { suggest, sandbox, signal });
    }
    progress.step();
  }
}
