/** Use case: the same lines asked for in several prompt forms, side by side. */
import type { LoadModelParams } from '../../protocol/requests.ts';
import { formName, type PromptForm } from '../completion/prompt/prompt-form.ts';
import { askForHumanEval, askForLines, contender, type LineOptions, type LineScore } from './contender.ts';
import type { MaterialOptions } from './material.ts';
import { type EvaluationTools, withSession } from './session.ts';
import type { HumanEvalScore } from './solve-human-eval.ts';

export interface ComparisonOptions extends MaterialOptions, LineOptions {
  readonly load: LoadModelParams;
  readonly forms: readonly PromptForm[];
}

export interface FormScore {
  readonly form: string;
  /** By language. */
  readonly lines: Readonly<Record<string, LineScore>>;
  readonly humaneval: HumanEvalScore | null;
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
  return await withSession(options, tools, async (session) => {
    const contenders = options.forms.map((form) => ({ form, ...contender(session, form) }));
    await askForLines(contenders, options, session);
    await askForHumanEval(contenders, session);
    return {
      model: session.model.description.name,
      forms: contenders.map(({ form, lines, humaneval }) => ({ form: formName(form), lines, humaneval })),
    };
  });
}
