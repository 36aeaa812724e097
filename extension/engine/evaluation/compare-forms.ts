/** Use case: the same lines asked for with several kinds of prompt, side by side. */
import type { LoadModelParams } from '../../protocol/requests.ts';
import { formName, type PromptForm } from '../completion/prompt/prompt-form.ts';
import { askForHumanEval, askForLines, contender, type LineOptions, type LineScore } from './contender.ts';
import { choiceName, type ContextChoice, contextOf } from './context-choice.ts';
import type { MaterialOptions } from './material.ts';
import { type EvaluationTools, type Session, withSession } from './session.ts';
import type { HumanEvalScore } from './solve-human-eval.ts';
import type { PromptChoice } from './suggest.ts';

/** Forms of the prompt, or what it tells of other files: the latter at cross-file places as well. */
export type Compared =
  { readonly forms: readonly PromptForm[] } | { readonly contexts: readonly ContextChoice[] };

export interface ComparisonOptions extends MaterialOptions, Omit<LineOptions, 'alsoCrossFile'> {
  readonly load: LoadModelParams;
  readonly compared: Compared;
}

export interface FormScore {
  readonly form: string;
  /** By language, those at cross-file places apart. */
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
  const { compared } = options;
  return await withSession(options, tools, async (session) => {
    const contenders = choices(compared, session).map(({ name, ...choice }) => ({
      name,
      ...contender(session, choice),
    }));
    await askForLines(contenders, { ...options, alsoCrossFile: 'contexts' in compared }, session);
    await askForHumanEval(contenders, session);
    return {
      model: session.model.description.name,
      forms: contenders.map(({ name, lines, humaneval }) => ({ form: name, lines, humaneval })),
    };
  });
}

type NamedChoice = PromptChoice & { readonly name: string };

function choices(compared: Compared, { model, material }: Session): NamedChoice[] {
  if ('forms' in compared) return compared.forms.map((form) => ({ name: formName(form), form }));
  return compared.contexts.map((choice) => ({
    name: choiceName(choice),
    contextOf: contextOf(choice, model, material.heldOut),
  }));
}
